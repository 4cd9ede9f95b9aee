"""What a file asks of its transaction: the isolation level is kept, READ ONLY is refused in words; and so is
a history row of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landed.core.errors import NotProven
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.worlds.pgwriting import world_on

MADE = "CREATE TABLE {} AS SELECT current_setting('transaction_isolation') AS level;"
LEVELS = {
    f"BEGIN ISOLATION LEVEL SERIALIZABLE;{MADE}COMMIT": "serializable",
    f"BEGIN;SET LOCAL lock_timeout = '9s';SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;{MADE}COMMIT": (
        "repeatable read"
    ),
    f"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;{MADE}": "serializable",
    MADE: "read committed",
}
READ_ONLY = ("BEGIN READ ONLY; SELECT 1; COMMIT", "BEGIN; SET TRANSACTION READ ONLY; SELECT 1; COMMIT")


def test_what_is_kept_and_what_is_refused(pg_server: Callable[..., ShadowServer]) -> None:
    with world_on(pg_server(18)) as world:
        files = [(world.file(text.format(f"t{n}")), n) for n, text in enumerate(LEVELS)]
        refused = [world.file(text) for text in READ_ONLY]
        with world.opened() as writer:
            for migration, _ in files:
                assert world.run(writer, migration).outcome == "applied"
            for migration in refused:
                with pytest.raises(NotProven, match="its transaction is READ ONLY") as caught:
                    world.run(writer, migration)
                assert caught.value.next == "Remove READ ONLY. Then run: landed apply"
            own = "INSERT INTO supabase_migrations.schema_migrations(version) VALUES ('{}')"
            with pytest.raises(NotProven, match="it writes its own history row") as caught:
                world.run(writer, world.file(own.format(f"{len(world.files) + 1:04d}")))
            assert (caught.value.next or "").startswith("Remove that INSERT")
        found = [world.sql(f"SELECT level FROM t{n}")[0][0] for _, n in files]
        assert found == list(LEVELS.values())
        assert world.recorded() == [migration.version for migration, _ in files]
