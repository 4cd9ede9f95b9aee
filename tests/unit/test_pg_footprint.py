"""Which statements are known to act only on what they name, and what that is."""

from __future__ import annotations

import pytest

from landed.engines.postgres.shadow.replay.footprint import footprint
from landed.engines.postgres.shadow.replay.windows import Window
from landed.engines.postgres.sql.split import split


@pytest.mark.parametrize(
    ("sql", "slot"),
    [
        ('create table "A b".T (a int)', ("relation", "t")),
        ("create table tä (a int)", ("relation", '"tä"')),
        ('create table "a""b" (a int)', ("relation", '"a""b"')),
        ('create table u&"a" (a int)', ("relation", "a")),
        ("create /* so */ index i on tä (a)", ("index", "i")),
        ("alter table t add b int, add type text, alter column schema set default 1", ("relation", "t")),
        ("CREATE TABLE IF NOT EXISTS t(a int generated always as identity)", ("relation", "t")),
        ('create index if not exists i on public."T 1" (a)', ("index", "i")),
        ("alter table only a.b enable\n row level security ", ("row level security", "b")),
        ('create policy "x y" on a."q" for select using (true)', ("policy", "q", '"x y"')),
        (
            'create trigger t after insert or update of "on a" on x.y for each row execute function f()',
            ("trigger", "y", "t"),
        ),
        ("create or replace function a.f (x int) returns int", ("function", "f")),
        ("alter table t add column x int", ("relation", "t")),
        ("comment on column a.b.c is null", ("comment", "b", "c")),
        ("comment on table b is 'x'", ("comment", "b")),
        ("create type s.e as enum ('a')", ("type", "e")),
        ("alter table t add constraint c check (type like 'a,b')", ("constraint", "t", "c")),
        (
            "alter table t add constraint c foreign key (a) references u (a) on delete cascade not valid",
            ("constraint", "t", "c"),
        ),
        ("alter table only t validate constraint c", ("constraint", "t", "c")),
        ("alter table t drop constraint if exists c", ("constraint", "t", "c")),
        ("create table t (a text check (a like 'x'), b text default 'select as')", ("relation", "t")),
        ("drop index if exists s.i", ("index", "i")),
        ("drop function f(a int, b numeric(3, 2))", ("function", "f")),
        ("alter function s.f(int) set search_path = ''", ("function", "f")),
        ("alter table t owner to x", ("owner", "relation", "t")),
        ("comment on function s.f(int) is 'x'", ("function comment", "f")),
        ("comment on policy p on t is 'x'", ("policy comment", "t", "p")),
        ("grant select on table s.t to PUBLIC", ("grant", "relation", "t", "SELECT", "PUBLIC")),
        ("revoke execute on function f(int) from x", ("grant", "function", "f", "EXECUTE", "x")),
        ("grant usage on schema s to x", ("grant", "schema", "s", "USAGE", "x")),
    ],
)
def test_a_known_form_says_what_it_acts_on(sql: str, slot: tuple[str, ...]) -> None:
    found = footprint(split(sql)[0])
    assert found is not None
    assert found.slot == slot


@pytest.mark.parametrize(
    "sql",
    [
        "create table t (a int",
        "create table db.s.t (a int)",
        "create table t (a int) inherits (p)",
        "create table t (like p)",
        "create table t (a) as (select 1)",
        "create table t (a) as table p",
        "create table p1 partition of p default",
        "create temp table t (a int)",
        "create materialized view v as select 1",
        "create index on t (a)",
        "create index concurrently i on t (a)",
        "alter table t disable row level security",
        "alter table t enable row level security, drop column a",
        "alter table t add column a int, rename to u",
        "alter table t add column a int, drop column b cascade",
        "create constraint trigger c after insert on t for each row execute function f()",
        "create event trigger e on ddl_command_end execute function f()",
        "drop policy p on t cascade",
        "grant select (a) on t to x",
        "grant select on t, u to x",
        "grant select on all tables in schema s to x",
        "grant select on t to x with grant option",
        "grant admins to x",
        "revoke grant option for select on t from x",
        "revoke select on t from x cascade",
        "alter table t add constraint c primary key using index i",
        "alter table t add constraint c check (a > 0), drop column b",
        "alter table t drop constraint c cascade",
        "alter table t owner to x, drop column a",
        "alter function f(int) rename to g",
        "alter function f(int) set schema s",
        "alter policy p on t rename to q",
        "drop function f(int) cascade",
        "drop index i, j",
        "insert into t values (1)",
        "select 1",
    ],
)
def test_whatever_may_do_more_is_of_no_known_form(sql: str) -> None:
    assert footprint(split(sql)[0]) is None


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("create table t (a int)", "create index i on t (a)", True),
        ("create table t (a int)", "alter table t enable row level security", True),
        ("create table t (a int)", "create table if not exists x.t (a int)", False),
        ("create table t (a int)", "alter table t add column b int", False),
        ("alter table t add column b int", "create index i on t (b)", True),
        ("create index i on t (a)", "alter table t alter a set not null", True),
        ("create policy p on t", "drop policy if exists p on t", False),
        ("create policy p on t", "create policy p on u", True),
        ("create function f(a int) returns int", "create function f(a text) returns int", False),
        ("create table t (a int)", "alter table t add constraint c check (a > 0)", True),
        ("create table t (a int)", "alter table t drop constraint c", False),
        ("create table t (a int)", "grant select on t to x", False),
        ("grant select on t to x", "grant insert on t to x", True),
        ("grant select on t to x", "grant select on t to y", True),
        ("grant select on t to x", "revoke all on t from x", False),
        ("grant select on t to x", "create or replace view t as select 1", False),
        ("alter table t owner to x", "grant select on t to x", True),
        ("alter table t drop constraint c", "alter table t add constraint c unique (a)", False),
        ("alter table t add constraint c unique (a)", "alter table t add column b int", False),
        ("create index i on t (a)", "drop index i", False),
        ("create function t() returns int", "create table t (a int)", True),
        ("create view t as select 1", "create table t (a int)", False),
    ],
)
def test_two_share_a_look_if_no_effect_can_be_either_ones(first: str, second: str, together: bool) -> None:
    window = Window()
    one, other = footprint(split(first)[0]), footprint(split(second)[0])
    assert one is not None and other is not None
    window.add(one, 0)
    assert window.admits(other) is together
