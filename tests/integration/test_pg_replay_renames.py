"""A replay's effects where names change hands: what is told of each statement adds up to what is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landed.core.migration import Migration
from landed.core.timeline import facts_after
from landed.engines.postgres.catalog.scope import PLAIN
from landed.engines.postgres.catalog.snapshot import snapshot
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse

BEFORE = """
create table a (id uuid primary key);
create table s (id int, c text, d text);
create table t (id int, c text);
create view v as select id, c from s;
create index s_d on s (d);
create type mood as enum ('sad', 'ok');
create function f() returns int language sql as 'select 1';
comment on column s.c is 'first';
"""

CASES = {
    "a new column takes a dropped one's name": """
        drop view v; alter table s add column n uuid; alter table s drop column c;
        alter table s rename column n to c; alter table s add foreign key (c) references a (id);
        comment on column s.c is 'second';""",
    "two columns change names": """
        alter table s rename column c to x; alter table s rename d to c; alter table s rename x to d;""",
    "two tables change names": """
        alter table s rename to x; alter table t rename to s; alter table x rename to t;""",
    "an index takes another's name": """
        create index s_new on s (c, d); drop index s_d; alter index s_new rename to s_d;""",
    "a function takes another's name": """
        create function g() returns int language sql as 'select 2'; drop function f();
        alter function g() rename to f;""",
    "an enum's value and its type": """
        create table m (v mood default 'ok', check (v <> 'sad')); alter type mood rename value 'ok' to 'fine';
        alter type mood rename to state;""",
    "a schema": "create schema z; create table z.q (a int); alter schema z rename to y; create table y.w ()",
    "a table moves": "create schema z; alter table s set schema z; create table s (id int);",
}


@pytest.mark.parametrize("name", CASES)
def test_effects_add_up_where_names_change_hands(pg_server: Callable[..., ShadowServer], name: str) -> None:
    with new_database(pg_server()) as scratch:
        replayer = PostgresReplayer(scratch, PLAIN)
        try:
            with scratch.connect() as connection:
                start = snapshot(connection, PLAIN)
            steps = [
                replayer.replay(Migration(n, n, n, text, parse))
                for n, text in (("1_before.sql", BEFORE), ("2_case.sql", CASES[name]))
            ]
            with scratch.connect() as connection:
                now = snapshot(connection, PLAIN)
        finally:
            replayer.close()
    assert [step.failures for step in steps] == [(), ()]
    assert {**start, **facts_after(steps)} == now
