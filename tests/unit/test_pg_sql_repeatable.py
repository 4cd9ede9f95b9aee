"""Which PostgreSQL statements say how something has to be, so that they can be run again."""

from __future__ import annotations

import pytest

from landed.engines.postgres.sql.repeatable import is_repeatable
from landed.engines.postgres.sql.split import split


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
        "create or replace view v as select 1",
        "alter table a enable row level security",
        "ALTER TABLE a FORCE ROW LEVEL SECURITY",
        "alter table a alter column b set not null",
        "alter table a alter column b drop not null",
        "alter table a alter b drop default, alter c set default 3",
        "ALTER TABLE x VALIDATE CONSTRAINT y",
        "ALTER TABLE a OWNER TO b",
        "alter function f() security definer",
        "alter function f() set search_path = ''",
        "alter policy p on t using (true)",
        "alter default privileges in schema public grant all on tables to anon",
        "grant select on t to anon",
        "alter table a replica identity full",
        "alter sequence s owned by a.b",
        "/* again */ REVOKE ALL ON t FROM anon",
        "comment on table t is 'x'",
    ],
)
def test_a_statement_that_sets_can_be_run_again(sql: str) -> None:
    assert is_repeatable(split(sql)[0])


@pytest.mark.parametrize(
    "sql",
    [
        "create table t (a int)",
        "create policy x on t",
        "alter table a add column b int",
        "alter table a alter c set default 1, add column b int",
        "alter table a rename to c",
        "alter table a set schema other",
        "alter table a drop constraint b",
        "alter table a alter column b type text",
        "alter type t add value 'x'",
        "alter function f() rename to g",
        "insert into t values (1)",
        "drop table t",
        "do $$ begin end $$",
        "alter table a alter column b type timestamptz using to_timestamp(b / 1000)",
        "alter table a no inherit b",
        "alter sequence s restart with 1",
        "grant select on",
    ],
)
def test_what_does_something_cannot(sql: str) -> None:
    assert not is_repeatable(split(sql)[0])
