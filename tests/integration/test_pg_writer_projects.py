"""Real Supabase projects written file by file; and what a readback says is what a snapshot says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from landed.engines.postgres.catalog import SUPABASE, snapshot
from landed.engines.postgres.catalog.readback import Readback
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.wire import Command, send
from support.servers.tcpproxy import TcpProxy
from support.worlds.pgwriting import world_on

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"


@pytest.mark.parametrize("project", ["usebasejump__basejump", "point-source__supabase-tenant-rbac"])
def test_every_file_of_a_project_is_proven_and_every_fact_can_be_read_back(
    pg_server: Callable[..., ShadowServer], project: str
) -> None:
    server = pg_server(18, supabase())
    files = sorted(
        (path for path in (CORPUS / project).rglob("*.sql") if path.parent.name == "migrations"),
        key=lambda path: path.name,
    )
    assert files
    with world_on(server, SUPABASE) as world, TcpProxy.before(server) as proxy:
        with world.opened(proxy) as writer:
            for path in files:
                migration = world.file(path.read_text(encoding="utf-8"), path.name)
                assert not world.steps[migration.name].failed
                assert world.run(writer, migration).outcome == "applied"
        assert world.recorded() == [migration.version for migration in world.files]
        facts = snapshot(world.connection, SUPABASE)
        assert len(facts) > 100
        world.sql("BEGIN")
        readback = Readback(world.connection, SUPABASE, "postgres")
        for keys in (list(facts), list(facts)[::7]):
            reads = readback.commands(keys)
            commands = [Command(r.sql, r.values or None, prepared=r.prepared) for r in reads]
            found = readback.facts(zip(reads, send(world.connection, commands), strict=True))
            assert {key: found.get(key) for key in keys} == {key: facts[key] for key in keys}
        world.sql("ROLLBACK")
