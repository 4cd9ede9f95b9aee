"""Facts proven on the server: what holds is let through, and no single fact can be another one unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from landed.core.facts import FactKey
from landed.engines.postgres.catalog import SUPABASE
from landed.engines.postgres.catalog.assertions import Assertions
from landed.engines.postgres.catalog.readback import SETTINGS
from landed.engines.postgres.catalog.row_patterns import CannotTell
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.wire import Command, Refused, send
from support.worlds.pgwriting import World, world_on

PROJECTS = Path(__file__).parent.parent / "data" / "corpus" / "supabase"

FILES = {
    "table": "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text DEFAULT 'x',"
    " state varchar(9) CHECK (state IN ('a', 'b')), total numeric(12,2) NOT NULL, net numeric"
    " GENERATED ALWAYS AS (total * 2) STORED); CREATE UNIQUE INDEX o_note ON orders (lower(note) DESC)"
    " WITH (fillfactor=70) WHERE id > 0; COMMENT ON COLUMN orders.note IS 'it''s';",
    "quoted": 'CREATE SCHEMA "My App"; CREATE TABLE "My App"."Order ""x""" ("A.b" int UNIQUE, "c,d" text);'
    'COMMENT ON TABLE "My App"."Order ""x""" IS \'ü\';',
    "altered": "ALTER TABLE orders ADD COLUMN later date, ALTER COLUMN note DROP DEFAULT,"
    " ALTER total DROP NOT NULL; ALTER TABLE orders SET (fillfactor=80);"
    "ALTER TABLE orders RENAME COLUMN state TO status;",
    "function": "CREATE FUNCTION f(a int, b text DEFAULT 'q') RETURNS int LANGUAGE plpgsql STRICT STABLE"
    " COST 7 SET search_path = '' AS $$\n BEGIN RETURN a; END\n$$; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;"
    "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g() RETURNS SETOF int LANGUAGE sql"
    " ROWS 5 BEGIN ATOMIC SELECT 1; END;",
    "aggregate": "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');",
    "view": "CREATE TABLE t (a int, b int); CREATE VIEW v WITH (security_invoker=true) AS SELECT a FROM t"
    " WHERE b > 1; CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM t GROUP BY a;"
    "CREATE UNIQUE INDEX m_a ON m (a);",
    "policy": "CREATE TABLE p (a int); ALTER TABLE p ENABLE ROW LEVEL SECURITY;"
    "CREATE POLICY mine ON p FOR SELECT TO anon, authenticated USING (a > 1);"
    "GRANT SELECT (a) ON p TO anon; REVOKE ALL ON p FROM anon; GRANT INSERT ON p TO anon WITH GRANT OPTION;",
    "types": "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN pos AS int CHECK (VALUE > 0) NOT NULL;"
    "CREATE TYPE pair AS (a int, b mood); CREATE TYPE span AS RANGE (subtype = int);",
    "enum": "ALTER TYPE mood ADD VALUE 'good' BEFORE 'ok'; COMMENT ON TYPE mood IS 'm';",
    "trigger": "CREATE TABLE tr (a int); CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RETURN new; END$$; CREATE TRIGGER t_g BEFORE INSERT ON tr FOR EACH ROW EXECUTE FUNCTION tg();"
    "ALTER TABLE tr DISABLE TRIGGER t_g; CREATE RULE r AS ON DELETE TO tr DO INSTEAD NOTHING;",
    "foreign key": "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (p int REFERENCES parent"
    " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);"
    "ALTER TABLE child ADD CONSTRAINT late CHECK (p > 0) NOT VALID;",
    "validated": "ALTER TABLE child VALIDATE CONSTRAINT late;",
    "sequence": "CREATE SEQUENCE s AS smallint INCREMENT 5 CYCLE; ALTER SEQUENCE s OWNED BY t.a;",
    "statistics": "CREATE STATISTICS ab ON a, b FROM t;",
    "partitions": "CREATE TABLE part (a int) PARTITION BY RANGE (a); CREATE INDEX ON part (a);"
    "CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (9);",
    "publication": "CREATE PUBLICATION pub FOR TABLE parent, t (a) WHERE (a > 0);",
    "extension": "CREATE EXTENSION citext SCHEMA extensions; CREATE TABLE c (a extensions.citext);",
    "grants": "GRANT SELECT, UPDATE ON t TO anon; REVOKE DELETE ON t FROM authenticated;"
    'GRANT USAGE ON SCHEMA "My App" TO anon; GRANT USAGE ON TYPE mood TO anon;',
    "gone": "DROP POLICY mine ON p; DROP INDEX o_note; DROP FUNCTION f; DROP TRIGGER t_g ON tr; DROP VIEW v;"
    "ALTER TABLE child DROP CONSTRAINT late; REVOKE SELECT ON t FROM anon; COMMENT ON TYPE mood IS NULL;",
}


@pytest.fixture(scope="module")
def world(pg_server: Callable[..., ShadowServer]) -> Iterator[tuple[World, Any]]:
    with world_on(pg_server(18, supabase()), SUPABASE) as made, made.opened() as writer:
        yield made, writer


def holds(writer: Any, assertions: Assertions, net: Mapping[FactKey, str | None]) -> bool:
    """What the server says of these facts. Raises CannotTell."""
    reads = assertions.commands(net)
    proofs = [Command(r.sql, r.values or None, purpose="prove", prepared=r.prepared) for r in reads]
    try:
        send(writer.connection, [Command("BEGIN"), Command(SETTINGS), *proofs, Command("COMMIT")])
    except Refused as failed:
        writer.connection.rollback()
        if any(read.sql for read in reads):
            assertions.forget()
        if failed.command.purpose != "prove" or failed.error.sqlstate != "22012":
            raise
        return False
    return True


def another(key: FactKey, value: str | None) -> list[str | None]:
    """What the fact could be instead."""
    if value is None:
        return ["yes" if key.prop == "exists" else "another"]
    if key.prop == "exists":
        return [None]
    if key.prop == "column order":
        return [f"{value}, one_more"]
    return [f"{value}x", None]


def unseen(made: World, writer: Any, text: str) -> list[tuple[FactKey, str | None, str | None]]:
    """Facts of one more file that could be others without the server's saying so."""
    migration = made.file(text)
    assert not made.steps[migration.name].failed
    assert made.run(writer, migration).outcome == "applied"
    net = {key: after for key, (_, after, _) in made.steps[migration.name].net.items()}
    assert net
    assertions = writer._session.assertions
    assert holds(writer, assertions, net)
    found = []
    for key, value in net.items():
        if value is None and key.prop != "exists" and key.object.fact("exists") in net:
            continue  # it goes with its object
        for instead in another(key, value):
            try:
                if holds(writer, assertions, net | {key: instead}):
                    found.append((key, value, instead))
            except CannotTell:
                continue
    return found


def test_every_fact_is_compared(world: tuple[World, Any]) -> None:
    made, writer = world
    missed = {kind: found for kind, text in FILES.items() if (found := unseen(made, writer, text))}
    assert not missed


def test_what_the_server_cannot_compare_is_not_claimed(world: tuple[World, Any]) -> None:
    made, writer = world
    migration = made.file("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC")
    net = {key: after for key, (_, after, _) in made.steps[migration.name].net.items()}
    assert net
    with pytest.raises(CannotTell):
        writer._session.assertions.commands(net)


@pytest.mark.parametrize("project", ["onlook-dev__onlook"])
def test_real_files_need_no_other_proof(pg_server: Callable[..., ShadowServer], project: str) -> None:
    """Nearly every file of a real project is proven so, on the server version that the facts are from."""
    files = sorted((PROJECTS / project).rglob("migrations/*.sql"))
    assert len(files) > 10
    proven = 0
    with world_on(pg_server(18, supabase()), SUPABASE) as made, made.opened() as writer:
        assertions = writer._session.assertions
        for file in files:
            migration = made.file(file.read_text(encoding="utf-8"), file.name)
            made.run(writer, migration)
            net = {key: after for key, (_, after, _) in made.steps[migration.name].net.items()}
            try:
                assert holds(writer, assertions, net), file.name
                proven += 1
            except CannotTell:
                continue
    assert proven >= len(files) * 0.9
