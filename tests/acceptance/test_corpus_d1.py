"""All real D1 projects: what D1 accepts lands and verifies, and a missing object names exactly its owners.

Real D1 (Miniflare) decides which files are accepted: each is sent as wrangler sends it, its whole text and
the ledger's INSERT in one batch. Who owns what of the final schema is found by
``tests/support/oracles/corpusoracle.py``, without landed. ``pytest -s`` prints the table;
``LANDED_CORPUS_TABLE`` names a file for it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from landed.core.applied import Consent
from landed.core.errors import NotProven
from landed.core.standing import Standing
from landed.ops.apply import plan_apply, run_apply
from landed.ops.examine import Examination, examine
from landed.ops.verify import verdict_of
from landed.ops.workspace import open_workspace
from support.clients.wrangler import BatchFailed, MiniflareD1, Wrangler
from support.oracles import corpusoracle
from support.process.landed_process import Landed

CORPUS = Path(__file__).parent.parent / "data" / "corpus" / "d1"
PROJECTS = sorted(p.name for p in CORPUS.iterdir() if p.is_dir())
LEDGER = (
    'CREATE TABLE IF NOT EXISTS "d1_migrations"(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, '
    "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"
)
FOLDERS = {"beilunyang__moemail": "drizzle", "openRin__Rin": "server/sql"}
"""The projects without a wrangler configuration in plain sight."""


@dataclass(slots=True)
class Project:
    """One project in a temporary folder, and what D1 makes of its files."""

    folder: Path
    migrations: Path
    names: list[str]
    accepted: list[str]
    refusal: str
    schema: list[tuple[object, ...]]
    landed: dict[str, Standing] = field(default_factory=dict)
    dropped: int = 0
    exact: int = 0

    def text(self, name: str) -> str:
        return (self.migrations / name).read_text("utf-8").removeprefix("\ufeff")

    @property
    def file(self) -> Path:
        """The local D1 file that landed made."""
        return Path(str(self.examine().workspace.spec.path))

    def examine(self) -> Examination:
        return examine(open_workspace(self.folder))

    @property
    def owners(self) -> dict[str, set[str]]:
        return corpusoracle.owners((name, self.text(name)) for name in self.accepted)


def copied(name: str, top: Path) -> tuple[Path, Path]:
    """The project's folder and its migrations folder, in a temporary place."""
    folder = top / name
    shutil.copytree(CORPUS / name, folder)
    if name in FOLDERS:
        database = {
            "binding": "DB",
            "database_name": "db",
            "database_id": "11111111-2222-3333-4444-555555555555",
        }
        config = {"name": "x", "d1_databases": [{**database, "migrations_dir": FOLDERS[name]}]}
        (folder / "wrangler.json").write_text(json.dumps(config))
    parents = {path.parent for path in folder.rglob("*.sql")}
    if all(path.name == "migration.sql" for path in folder.rglob("*.sql")):
        parents = {parent.parent for parent in parents}
    (migrations,) = parents
    return folder, migrations


def on_real_d1(name: str, top: Path) -> Project:
    """Send the files to D1 until one is refused."""
    folder, migrations = copied(name, top)
    names = sorted(
        (p.relative_to(migrations).as_posix() for p in migrations.rglob("*.sql")), key=corpusoracle.natural
    )
    project = Project(folder, migrations, names, [], "", [])
    with MiniflareD1(top / f"{name}.state") as database:
        database.batch([LEDGER])
        for migration in names:
            insert = f"INSERT INTO \"d1_migrations\" (name)\nvalues ('{migration}');"
            # wrangler joins the two as they are; that it stumbles over a missing semicolon is not asked here.
            text = project.text(migration)
            joint = "\n" if sqlite3.complete_statement(text) or not text.strip() else "\n;\n"
            try:
                database.batch([text + joint + insert])
            except BatchFailed as refused:
                project.refusal = str(refused)
                break
            project.accepted.append(migration)
        file = database.file
    connection = apsw.Connection(str(file))
    project.schema = corpusoracle.schema_of(connection)
    connection.close()
    return project


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    top = tmp_path_factory.mktemp("corpus")
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(PROJECTS, pool.map(lambda name: on_real_d1(name, top), PROJECTS), strict=True))


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "landed-cache"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))


@pytest.mark.wrangler
@pytest.mark.parametrize("name", PROJECTS)
def test_what_d1_accepts_lands_and_verifies(name: str, projects: dict[str, Project]) -> None:
    project = projects[name]
    exam = project.examine()
    assert [m.name for m in exam.migrations] == project.names
    last = None
    if project.refusal:
        broken = project.names[len(project.accepted)]
        with pytest.raises(NotProven, match="cannot run") as refused:
            plan_apply(exam)
        assert broken in refused.value.message
        if not project.accepted:
            assert not exam.state.present
            project.landed = {j.name: j.standing for j in exam.judgements}
            assert not verdict_of(exam).failed
            return
        last = project.accepted[-1]
    run_apply(exam, plan_apply(exam, to=last), Consent())

    connection = apsw.Connection(str(project.file))
    assert corpusoracle.schema_of(connection) == project.schema
    connection.close()
    after = project.examine()
    project.landed = {j.name: j.standing for j in after.judgements}
    for migration in project.accepted:
        assert project.landed[migration] in (Standing.OK, Standing.UNPROVABLE), migration
    assert [j.name for j in after.judgements if j.recorded] == project.accepted
    assert not after.unexplained
    assert verdict_of(after).proven
    # Only what leaves nothing in the schema may be taken on trust.
    leaves_a_trace = set().union(*project.owners.values())
    unprovable = {n for n, standing in project.landed.items() if standing is Standing.UNPROVABLE}
    assert not unprovable & leaves_a_trace


@pytest.mark.wrangler
@pytest.mark.parametrize("name", PROJECTS)
def test_each_missing_object_names_exactly_its_owners(name: str, projects: dict[str, Project]) -> None:
    project = projects[name]
    if not project.landed:
        test_what_d1_accepts_lands_and_verifies(name, projects)
    if not project.accepted:
        return
    file, whole = project.file, project.file.read_bytes()
    traced = set().union(*project.owners.values())
    wrong = []
    for label, owners in project.owners.items():
        file.write_bytes(whole)
        connection = apsw.Connection(str(file))
        corpusoracle.dropped_by_hand(connection, label)
        connection.close()
        judged = project.examine().judgements
        named = {j.name for j in judged if j.standing in (Standing.PHANTOM, Standing.PARTIAL)}
        moved = {j.name: j.standing for j in judged if j.standing is not project.landed[j.name]}
        # Rows that proved a file without any schema went with their table: nothing can prove it now.
        unproven = {n for n, standing in moved.items() if standing is Standing.UNPROVABLE} - traced
        project.dropped += 1
        if named == owners == set(moved) - unproven:
            project.exact += 1
        else:
            wrong.append(f"{label}: owned by {sorted(owners)}, named {sorted(named)}, changed {moved}")
    file.write_bytes(whole)
    assert not wrong, "\n".join(wrong)
    assert project.dropped == len(project.owners) > 0


def test_the_table(projects: dict[str, Project]) -> None:
    lines = [f"{'project':<62} files accepted  ok unprovable dropped exactly named"]
    for name, project in projects.items():
        counts = [list(project.landed.values()).count(s) for s in (Standing.OK, Standing.UNPROVABLE)]
        figures = [len(project.names), len(project.accepted), *counts, project.dropped, project.exact]
        lines.append("{:<62} {:>5} {:>8} {:>3} {:>7} {:>7} {:>13}".format(name, *figures))
        lines += [f"    unprovable: {n}" for n, s in project.landed.items() if s is Standing.UNPROVABLE]
        if project.refusal:
            lines.append(f"    D1 refuses {project.names[len(project.accepted)]}: {project.refusal}")
    table = "\n".join(lines) + "\n"
    sys.stdout.write("\n" + table)
    if os.environ.get("LANDED_CORPUS_TABLE"):
        Path(os.environ["LANDED_CORPUS_TABLE"]).write_text(table)
    assert len(projects) == 13
    assert sum(1 for p in projects.values() if p.refusal) == 2


@pytest.mark.wrangler
def test_the_real_wrangler_agrees_on_the_order_and_on_what_is_left(
    tmp_path: Path, landed: Callable[..., Landed]
) -> None:
    folder, _ = copied("LubomirGeorgiev__cloudflare-workers-nextjs-saas-template", tmp_path)
    run = landed(folder)
    names = list(run("status").standings())
    project = Wrangler(folder, tmp_path / "home")
    database = run("status").body["target"]["name"].partition("/")[2]
    assert project.list_unapplied(database) == names
    run("apply", "--yes", "--to", names[9])
    assert project.list_unapplied(database) == names[10:]


def test_a_row_shows_what_an_empty_database_hides(tmp_path: Path, landed: Callable[..., Landed]) -> None:
    folder, _ = copied("cloudflare__vibesdk", tmp_path)
    answer = landed(folder)("rehearse", code=1)
    failing = {
        f["name"]: [x for x in f["failures"] if x["only_with_data"] and not x["weak"]]
        for f in answer.body["files"]
    }
    (found,) = [(name, failures) for name, failures in failing.items() if failures]
    assert found[0] == "0004_calm_omega_flight.sql"
    assert (found[1][0]["statement"], found[1][0]["line"]) == (1, 1)
    assert found[1][0]["message"] == "FOREIGN KEY constraint failed"
    assert found[1][0]["details"] == [
        "user_model_providers(secret_id) refers to user_secrets, ON DELETE NO ACTION"
    ]
