"""A copy of a schema is the same schema, but for what it says it does not make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from landed.core.facts import OF_SERVER, ObjectKey, difference
from landed.engines.postgres.catalog import PLAIN, snapshot
from landed.engines.postgres.catalog.dump import Made, Owned, label_of
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer

Server = Callable[..., ShadowServer]

CASES = Path(__file__).parents[1] / "cases" / "drift_pg"
HARD = "".join((CASES / name).read_text(encoding="utf-8") for name in ("base.sql", "majors.sql", "copy.sql"))
SECRET = "option password"
NOT_ITS_OWN = frozenset(
    ("transform", "access method", "operator class", "operator family", "default privileges")
)
"""Kinds of which a superuser has to make some, or another role."""


def made(scratch: Scratch) -> tuple[dict, Made]:
    """The hard schema's facts, and its copy as SQL."""
    with scratch.connect() as connection:
        for role in ("drift_a", "drift_b"):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                connection.execute(f"CREATE ROLE {role}".encode())
        connection.execute(HARD.encode())
        return snapshot(connection, PLAIN), Owned(connection, PLAIN).made()


@pytest.mark.parametrize("major", [15, 18])
def test_what_a_copy_does_not_make_it_says(pg_server: Server, major: int) -> None:
    server = pg_server(major)
    with new_database(server) as first, new_database(server) as second:
        before, copy = made(first)
        with second.connect() as connection:
            connection.execute(b"CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler")
            connection.execute(copy.sql.encode())
            found = difference(before, snapshot(connection, PLAIN))
    # Rights on members of extensions are left alone, and nothing expects them.
    of_files = [change.key for change in found if change.key.kind not in OF_SERVER]
    differs = {key for key in of_files if key.prop not in (SECRET, "populated")}
    assert differs == {key for key in copy.left if key.kind != "access method"}
    assert {key.kind for key in copy.left} <= NOT_ITS_OWN
    assert len(before) > 1_000


def test_names_of_a_parents_come_back_too(pg_server: Server) -> None:
    """What no fact tells, and a later file may call by its name."""
    server = pg_server(18)
    with new_database(server) as first, new_database(server) as second:
        _, copy = made(first)
        with second.connect() as connection:
            connection.execute(b"CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler")
            connection.execute(copy.sql.encode())
        seen = []
        for scratch in (first, second):
            with scratch.connect() as connection:
                seen.append(names_and_parents(connection))
    assert seen[0] == seen[1]


def names_and_parents(connection: psycopg.Connection) -> list:
    """Constraints by name, and what of tables is their own or a parent's."""
    return connection.execute(
        "SELECT conrelid::regclass::text, conname, contype, conislocal, coninhcount FROM pg_constraint"
        " WHERE conrelid > 16383"
        " UNION ALL SELECT attrelid::regclass::text, attname, 'a', attislocal, attinhcount"
        " FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attrelid > 16383 AND attnum > 0"
        " AND NOT attisdropped AND c.relkind IN ('r', 'p', 'v') ORDER BY 1, 2, 3"
    ).fetchall()


def test_what_is_left_out_takes_along_what_needs_it(pg_server: Server) -> None:
    with new_database(pg_server(18)) as scratch, scratch.connect() as connection:
        connection.execute(
            b"CREATE TABLE t (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS IDENTITY, c text);"
            b"CREATE INDEX on_b ON t (b); CREATE INDEX on_c ON t (c);"
            b"CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT b FROM t; GRANT SELECT ON w TO PUBLIC"
        )
        owned = Owned(connection, PLAIN)
    without_b = owned.sql(lambda label: label == "column public.t.b")
    assert "on_c" in without_b and "VIEW public.v" in without_b
    assert not [gone for gone in ("INDEX on_b", "public.w", "t_b_seq", "  b ") if gone in without_b]
    without_t = owned.sql(lambda label: label == "relation public.t")
    assert "public." not in without_t


@pytest.mark.parametrize(
    ("kind", "parent", "name", "label"),
    [
        ("table", "", 'app."Odd"', "relation app.Odd"),
        ("index", "app.orders", "by_day", "relation app.by_day"),
        ("materialized view", "", "app.m", "relation app.m"),
        ("domain", "", "app.d", "type app.d"),
        ("procedure", "", "app.p(integer)", "function app.p(integer)"),
        ("column", "app.orders", "id", "column app.orders.id"),
        ("policy", "app.orders", '"see own"', "policy app.orders.see own"),
        ("schema", "", "app", "schema app"),
        ("extension", "", "citext", "extension citext"),
        ("cast", "", "(text AS app.d)", ""),
    ],
)
def test_labels(kind: str, parent: str, name: str, label: str) -> None:
    assert label_of(ObjectKey(kind, parent, name)) == label
