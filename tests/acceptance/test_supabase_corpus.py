"""All real Supabase projects: what replays lands and verifies, and a damage names exactly its owners.

Who owns what of the final schema is found by ``tests/support/oracles/pgcorpusoracle.py``, without landed. The
target is a Supabase database of major 17; ``pytest -s`` prints the table, ``LANDED_TABLE`` names a file for
it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from landed.core.standing import Standing
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import split
from landed.ops.examine import Examination, examine
from landed.ops.workspace import open_workspace
from support.clients.supabase_cli import TcpServer, World, target_database, tcp_server
from support.oracles.pgcorpusoracle import Damage, Owners

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"
PROJECTS = sorted(p.name for p in CORPUS.iterdir() if p.is_dir())
BROKEN = {"KanishJebaMathewM__Truxify"}
"""Its own history does not start from empty and has files that cannot run."""
VECTOR = {"liam-hq__liam"}
"""Makes indexes that only the real pgvector knows; of the servers here the embedded 18 has it."""
EACH = 2
"""So many damages of each kind and project."""


@dataclass(slots=True)
class Project:
    """One project on a database of its own, and what came of it."""

    world: World
    names: list[str]
    owners: Owners
    replayed: int = 0
    standings: dict[str, Standing] = field(default_factory=dict)
    refusal: str = ""
    damaged: int = 0
    exact: int = 0


@pytest.fixture(scope="module")
def platform(
    supabase_tcp: TcpServer, pg_server: Callable[..., ShadowServer]
) -> Iterator[Callable[[str], TcpServer]]:
    """project → the server for it, where ``postgres`` may do itself what the platform does for it."""
    with contextlib.ExitStack() as running:
        known: dict[int, TcpServer] = {}

        def choose(name: str) -> TcpServer:
            major = 18 if name in VECTOR else supabase_tcp.server.major
            if major not in known:
                own = major == supabase_tcp.server.major
                tcp = supabase_tcp if own else running.enter_context(tcp_server(pg_server(18, supabase())))
                running.enter_context(all_powerful(tcp.server))
                known[major] = tcp
            return known[major]

        yield choose


@contextlib.contextmanager
def all_powerful(server: ShadowServer) -> Iterator[None]:
    with server.connect(server.admin) as admin:
        admin.execute("ALTER ROLE postgres SUPERUSER")
        try:
            yield
        finally:
            admin.execute("ALTER ROLE postgres NOSUPERUSER")


@pytest.fixture(scope="module")
def done() -> dict[str, Project]:
    """name → project, filled by the tests."""
    return {}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "supabase-cache"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))


def run_file(connection: psycopg.Connection[tuple[object, ...]], text: str) -> bool:
    """Run a file as plain clients do: at once, or statement by statement where that cannot be."""
    connection.execute("RESET ALL")
    try:
        connection.execute(text.encode())
    except psycopg.errors.ActiveSqlTransaction:
        for statement in split(text):
            connection.execute(statement.text.encode())
    except psycopg.Error:
        connection.rollback()
        return False
    return True


def judged(world: World, url: str) -> Examination:
    """An examination of one database with the project's files, in this process."""
    workspace = open_workspace(world.folder, url)
    try:
        return examine(workspace)
    finally:
        workspace.target.close()


@pytest.mark.parametrize("name", PROJECTS)
def test_a_real_project(
    name: str,
    platform: Callable[[str], TcpServer],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    done: dict[str, Project],
) -> None:
    shutil.copytree(CORPUS / name, tmp_path / "project")
    cache = tmp_path_factory.getbasetemp() / "supabase-cache"
    tcp = platform(name)
    with target_database(tcp) as plain, target_database(tcp) as database:
        world = World(tcp, database, tmp_path / "project", cache)
        before = world.landed("status")
        names = [m["name"] for m in before.body["migrations"]]
        replayed = [m for m in before.body["migrations"] if "not-replayable" not in m["flags"]]
        applied = world.landed("apply", "--yes", code=None)
        refusal = "" if applied.code == 0 else applied.error["message"]
        after = world.landed("status")
        recorded = [m["name"] for m in after.body["migrations"] if m["recorded"]]

        with tcp.server.connect(plain, "postgres") as connection:
            owners = Owners(connection)
            for file in recorded:
                assert run_file(connection, (world.migrations / file).read_text("utf-8-sig")), file
                owners.ran(file)
        project = done[name] = Project(world, names, owners, len(replayed), refusal=refusal)
        project.standings = {m["name"]: Standing(m["standing"]) for m in after.body["migrations"]}
        if name in BROKEN:
            assert applied.code == 1
            assert applied.error["next"]
        else:
            assert (applied.code, refusal) == (0, "")
            assert recorded == names
            assert set(project.standings.values()) <= {Standing.OK, Standing.UNPROVABLE}
            assert after.body["unexplained"] == []
            assert world.landed("verify").body["proven"] is True
        wrong = [line for damage in owners.damages(EACH) if (line := damaged(project, tcp, database, damage))]
    assert wrong == []
    assert project.exact == project.damaged
    assert project.damaged or not recorded


def damaged(project: Project, tcp: TcpServer, database: str, damage: Damage) -> str:
    """Damage a copy by hand; ``""`` when exactly the owners are named, else what was."""
    with target_database(tcp, database) as copy:
        with tcp.server.connect(copy, "postgres") as connection:
            try:
                connection.execute(damage.sql.encode())
            except psycopg.errors.DependentObjectsStillExist:
                return ""
        judgements = judged(project.world, tcp.url(copy)).judgements
    named = {j.name for j in judgements if j.standing in (Standing.PHANTOM, Standing.PARTIAL)}
    changed = {j.name: j.standing for j in judgements if j.standing is not project.standings[j.name]}
    project.damaged += 1
    if named == damage.owners == set(changed):
        project.exact += 1
        return ""
    return f"{damage.sql}: owned by {sorted(damage.owners)}, named {sorted(named)}, changed {changed}"


def test_the_table(done: dict[str, Project]) -> None:
    lines = [f"{'project':<42} files replayed recorded  ok unprovable damaged exactly named"]
    for name, project in done.items():
        kinds = list(project.standings.values())
        counts = [kinds.count(Standing.OK), kinds.count(Standing.UNPROVABLE)]
        figures = [len(project.names), project.replayed, sum(counts), *counts, project.damaged, project.exact]
        lines.append("{:<42} {:>5} {:>8} {:>8} {:>3} {:>7} {:>7} {:>13}".format(name, *figures))
        if project.refusal:
            lines.append(f"    refused: {project.refusal}")
    table = "\n".join(lines) + "\n"
    sys.stdout.write("\n" + table)
    if os.environ.get("LANDED_TABLE"):
        Path(os.environ["LANDED_TABLE"]).write_text(table, encoding="utf-8")
    assert len(PROJECTS) == 11
