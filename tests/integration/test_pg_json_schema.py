"""Documents that --json writes about Postgres and Supabase, from real commands, held to the JSON Schema."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.core.standing import Standing
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.docs import docsworlds_postgres
from support.oracles.json_documents import held
from support.process.landed_process import Landed

# world → (command line, document, exit code), run one after the other in the same world
CASES: dict[str, list[tuple[str, str, int]]] = {
    "supabase-damaged": [
        ("status --json", "status", 0),
        ("verify --json", "verify", 1),
        ("resume --json --yes", "error", 4),
        ("repair --json --yes", "repair", 0),
        ("apply --json", "error", 4),
        ("apply --json --yes", "apply", 0),
        ("resume --json --yes --allow drop-invalid-index:public.users_email", "resume", 0),
        ("lock --json --check", "lock", 0),
        ("doctor --json", "doctor", 0),
        ("drift --json", "drift", 1),
        ("drift --json target target", "drift", 0),
        ("exec --json 'select 1.5::numeric, null, now()::text is null'", "exec", 0),
        ("exec --json 'delete from public.orders'", "error", 4),
        ("exec --json --yes 'delete from public.orders'", "exec", 0),
        ("exec --json 'select nothing'", "error", 1),
        ('status --json -t "$DATABASE_URL" -t "$DATABASE_URL"', "status-several", 0),
    ],
    "supabase-foreign": [("status --json", "status", 0), ("repair --json --yes", "repair", 0)],
    "supabase-duplicate": [("status --json", "status", 0)],
    "supabase-trap": [("rehearse --json", "rehearse", 1), ("apply --json --yes", "error", 1)],
    "supabase-references": [("apply --json --yes", "error", 1)],
    "supabase-not-null": [("rehearse --json", "rehearse", 1)],
    "supabase-baseless": [
        ("status --json", "status", 0),
        ("shadow pull --base --json --yes", "shadow", 0),
        ("shadow pull --json --yes", "shadow", 0),
    ],
    "supabase-unreachable": [
        ("status --json -t supabase:local", "error", 3),
        ("doctor --json -t supabase:local", "doctor", 3),
        ("lock --json --check -t supabase:local", "lock", 1),
        ("status --json -t supabase:linked", "error", 2),
    ],
}


@pytest.fixture(scope="module")
def worlds(
    pg_server: Callable[..., ShadowServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], docsworlds_postgres.SupabaseWorld]]:
    docsworlds_postgres.use(lambda: pg_server(docsworlds_postgres.MAJOR, supabase()))
    made = []

    def build(name: str) -> docsworlds_postgres.SupabaseWorld:
        made.append(docsworlds_postgres.build(name, Path(tmp_path_factory.mktemp("world")) / "home"))
        return made[-1]

    yield build
    for world in made:
        world.close()


@pytest.mark.parametrize("world", CASES)
def test_documents(world: str, worlds: Callable[[str], docsworlds_postgres.SupabaseWorld]) -> None:
    project = worlds(world)
    url = project.env["DATABASE_URL"]
    landed = Landed(project.folder, Path(project.env["LANDED_CACHE_DIR"]), LANDED_TARGET=url)
    found: list[dict[str, Any]] = []
    for line, document, code in CASES[world]:
        done = landed.plain(*shlex.split(line.replace("$DATABASE_URL", url)), code=code)
        found.append(held(done.stdout, document))
        assert found[-1].get("error", {}).get("exit_code", code) == code
    if world == "supabase-damaged":
        standings = {m["name"]: m["standing"] for m in found[0]["migrations"]}
        assert standings[docsworlds_postgres.AUDIT] == Standing.PHANTOM
        assert standings[docsworlds_postgres.EMAIL] == Standing.PARTIAL


def test_edits_are_seen_where_no_database_runs(
    worlds: Callable[[str], docsworlds_postgres.SupabaseWorld],
) -> None:
    """A checkout in CI: nothing is at supabase:local, and the lock file knows what was applied."""
    project = worlds("supabase-orders")
    cache = Path(project.env["LANDED_CACHE_DIR"])
    Landed(project.folder, cache, LANDED_TARGET=project.env["DATABASE_URL"])("lock")
    project.write("supabase/config.toml", docsworlds_postgres.CONFIG + "port = 9\n")
    checkout = Landed(project.folder, cache)
    assert held(checkout("lock", "--check").stdout, "lock")["kept"] == 2
    name = docsworlds_postgres.REGION
    project.file(name, docsworlds_postgres.FILES[name].replace("region text", "region varchar"))
    assert held(checkout("lock", "--check", code=1).stdout, "lock")["edited"] == [name]
    checkout("lock", code=3)
