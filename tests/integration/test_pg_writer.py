"""Files written to a real server: one proven transaction each, or nothing of it; and what people are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from landed.engines.postgres.ledger import row_for
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.servers.tcpproxy import TcpProxy
from support.worlds.pgwriting import World, world_on

ADDING = {
    "table": "CREATE TABLE public.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);",
    "quoted": 'CREATE SCHEMA "My App"; CREATE TABLE "My App"."Order ""x""" ("A.b" int UNIQUE);',
    "function": "CREATE FUNCTION f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT a';"
    "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;",
    "aggregate": "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');",
    "view": "CREATE TABLE t (a int); CREATE VIEW v WITH (security_invoker) AS SELECT a FROM t;"
    "CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE UNIQUE INDEX m_a ON m (a);",
    "policy": "CREATE TABLE p (a int); ALTER TABLE p ENABLE ROW LEVEL SECURITY;"
    "CREATE POLICY mine ON p FOR SELECT USING (a > 1); GRANT SELECT (a) ON p TO PUBLIC;",
    "types": "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN pos AS int CHECK (VALUE > 0);"
    "CREATE TYPE pair AS (a int, b mood); CREATE TYPE span AS RANGE (subtype = int);",
    "trigger": "CREATE TABLE tr (a int);"
    "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;"
    "CREATE TRIGGER t_g BEFORE INSERT ON tr FOR EACH ROW EXECUTE FUNCTION g();"
    "CREATE RULE r AS ON DELETE TO tr DO INSTEAD NOTHING;",
    "foreign key": "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (p int REFERENCES parent);"
    "ALTER TABLE child ADD CONSTRAINT later CHECK (p > 0) NOT VALID; COMMENT ON TABLE child IS 'theirs';",
    "sequence": "CREATE SEQUENCE s INCREMENT 5;",
    "statistics": "CREATE TABLE st (a int, b int); CREATE STATISTICS ab ON a, b FROM st;",
    "partitions": "CREATE TABLE part (a int) PARTITION BY RANGE (a); CREATE INDEX ON part (a);"
    "CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (9);",
    "publication": "CREATE TABLE pt (a int PRIMARY KEY); CREATE PUBLICATION pub FOR TABLE pt;",
    "rows": "CREATE TABLE r (a int); INSERT INTO r VALUES (1), (2);",
    "data only": "SELECT 1;",
    "nothing": "-- nothing yet\n",
    "dynamic": "DO $$ BEGIN EXECUTE 'CREATE TABLE dyn (a int)'; END $$;",
    "extension": "CREATE EXTENSION citext; CREATE TABLE c (a citext);",
    "default privileges": "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;",
}

GUARDED = {"dynamic"}
"""What they do is known only when they run: tables and rows are counted before and after."""


@pytest.fixture(scope="module")
def shared(pg_server: Callable[..., ShadowServer]) -> Iterator[tuple[World, TcpProxy, Any]]:
    """One database and one session for all that only adds."""
    server = pg_server(18)
    with world_on(server) as world, TcpProxy.before(server) as proxy, world.opened(proxy) as writer:
        yield world, proxy, writer


@pytest.mark.parametrize("kind", ADDING)
def test_what_only_adds_is_proven_and_recorded_in_two_round_trips(
    shared: tuple[World, TcpProxy, Any], kind: str
) -> None:
    world, proxy, writer = shared
    migration = world.file(ADDING[kind])
    # The history table is made before the first file, once.
    first = not world.sql("SELECT to_regclass('supabase_migrations.schema_migrations')")[0][0]
    before = proxy.count()
    done = world.run(writer, migration)
    trips = (proxy.count() - before).round_trips
    assert done.outcome == "applied"
    assert trips == (3 if first else 2) or kind in GUARDED
    assert world.ledger()[-1] == row_for(migration)
