"""drift on Postgres: what differs is named at its property; what is only written otherwise is silent."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from landed.cli.main import cli
from landed.core.errors import UsageError
from landed.engines.postgres.files import read_supabase_migrations
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.ops.drift_sides import drift
from landed.report.json_schema import json_schema
from support.servers.pgservers import MAJORS, binaries_of

Server = Callable[..., ShadowServer]

TESTS = Path(__file__).parents[1]
CORPUS = TESTS / "data" / "corpus" / "supabase"
CASES = TESTS / "cases" / "drift_pg"
BASE = (CASES / "base.sql").read_text(encoding="utf-8")
PAIRS = [
    (
        block.partition("\n")[0],
        re.findall(r"^-- expect: (.*)$", block, re.MULTILINE),
        block.partition("\n")[2],
    )
    for name in ("tables.sql", "constraints.sql", "code.sql", "types.sql", "grants.sql")
    for block in (CASES / name).read_text(encoding="utf-8").split("-- pair: ")[1:]
]
SAME = [
    (block.partition("\n")[0], *block.partition("\n")[2].partition("-- other\n")[::2])
    for block in (CASES / "same.sql").read_text(encoding="utf-8").split("-- pair: ")[1:]
]
ENVIRON = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def url(scratch: Scratch, user: str | None = None) -> str:
    server = scratch.server
    who = user or server.superuser
    return f"postgresql://{who}:geheim@/{scratch.name}?host={server.host}&port={server.port}"


def run(folder: Path, *args: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(
        cli,
        ["--project", str(folder), "drift", *args, "--json"],
        standalone_mode=False,
        catch_exceptions=False,
    )
    assert "geheim" not in result.output
    body: dict[str, Any] = json.loads(result.stdout)
    assert Draft202012Validator(json_schema()).is_valid(body)
    return int(result.return_value or 0), body


def matches(label: str, found: dict[str, Any]) -> bool:
    thing = f"{found['kind']} {found['object']}"
    if label.endswith(" **"):
        whole = label[:-3]
        return thing == whole or found["object"].startswith(whole.partition(" ")[2])
    if label.endswith(" *"):
        return thing == label[:-2]
    return bool(found["fact"] == label)


@pytest.fixture(scope="module")
def left(pg_server: Server) -> Iterator[Scratch]:
    """A database with the base schema of the cases."""
    with new_database(pg_server(18)) as scratch:
        with scratch.connect() as connection:
            for role in ("drift_a", "drift_b"):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                    connection.execute(f"CREATE ROLE {role}".encode())
            connection.execute(BASE.encode())
        yield scratch


@contextmanager
def copy(scratch: Scratch, change: str) -> Iterator[Scratch]:
    """A copy of a database with a change made to it."""
    with scratch.server.connect("template1") as admin, new_database(scratch.server) as other:
        admin.execute(f'DROP DATABASE "{other.name}"')
        admin.execute(f'CREATE DATABASE "{other.name}" TEMPLATE "{scratch.name}" STRATEGY file_copy')
        with other.connect() as connection:
            connection.execute("SET search_path = app; SET allow_system_table_mods = on")
            connection.execute(change.encode())
        yield other


@pytest.mark.parametrize("pair", PAIRS[::26], ids=lambda pair: pair[0])
def test_the_command_reports_one_difference_there_and_nowhere_else(
    left: Scratch, tmp_path: Path, pair: tuple[str, list[str], str]
) -> None:
    _, expected, change = pair
    with copy(left, change) as right:
        code, body = run(tmp_path, url(left), url(right))
    found = body["differences"]
    assert code == 1 and found
    assert [d["fact"] for d in found if not any(matches(label, d) for label in expected)] == []
    assert [label for label in expected if not any(matches(label, d) for d in found)] == []
    assert all(d["a"] != d["b"] for d in found)


@pytest.mark.parametrize("same", SAME[::15], ids=lambda same: same[0])
def test_the_command_is_silent_on_another_writing(
    left: Scratch, tmp_path: Path, same: tuple[str, str, str]
) -> None:
    with copy(left, same[1]) as one, copy(left, same[2]) as other:
        code, body = run(tmp_path, url(one), url(other))
    assert (code, body["differences"]) == (0, [])
    assert body["counts"]["equal"] > 350


def replayed(scratch: Scratch, name: str) -> None:
    from landed.engines.postgres.catalog.scope import SUPABASE

    files = read_supabase_migrations(CORPUS / name / "supabase" / "migrations", root=CORPUS)
    replay_all(scratch, SUPABASE, files.migrations)


@pytest.fixture(scope="module")
def newest(pg_server: Server) -> Iterator[Scratch]:
    """A database of the newest major with a real project in it."""
    with new_database(pg_server(18, supabase())) as scratch:
        replayed(scratch, "usebasejump__basejump")
        yield scratch


@pytest.mark.parametrize("major", [major for major in MAJORS if major != 18])
def test_the_same_project_on_two_majors_is_silent(
    pg_server: Server, newest: Scratch, tmp_path: Path, major: int
) -> None:
    project = tmp_path / "project"
    shutil.copytree(CORPUS / "usebasejump__basejump", project)
    with new_database(pg_server(major, supabase())) as older:
        replayed(older, "usebasejump__basejump")
        code, body = run(project, url(older, "postgres"), url(newest, "postgres"))
    assert (code, body["differences"]) == (0, [])
    assert body["counts"]["equal"] > 500


@pytest.mark.parametrize("name", ["usebasejump__basejump", "point-source__supabase-tenant-rbac"])
def test_a_project_before_and_after_dump_and_restore_is_silent(
    pg_server: Server, tmp_path: Path, name: str
) -> None:
    server, binaries = pg_server(15, supabase()), binaries_of(15)
    assert binaries is not None
    tools = Path("/usr/lib/postgresql/15/bin")
    if not (tools / "pg_dump").exists():
        pytest.skip("no pg_dump 15 here (Debian's postgresql-client-15)")
    project = tmp_path / "project"
    shutil.copytree(CORPUS / name, project)
    place = ["-h", server.host, "-p", str(server.port), "-U", server.superuser]
    with new_database(server) as first, server.connect("template1") as admin:
        replayed(first, name)
        restored = f"{first.name}_r"
        admin.execute(f'CREATE DATABASE "{restored}" TEMPLATE template0 OWNER postgres')
        try:
            dump = subprocess.run(
                [tools / "pg_dump", "--schema-only", *place, first.name], capture_output=True, check=True
            )
            subprocess.run(
                [tools / "psql", "-q", *place, "-d", restored],
                input=dump.stdout,
                capture_output=True,
                check=True,
            )
            code, body = run(project, url(first, "postgres"), url(Scratch(server, restored), "postgres"))
        finally:
            admin.execute(f'DROP DATABASE "{restored}" WITH (FORCE)')
    assert (code, body["differences"]) == (0, [])
    assert body["counts"]["equal"] > 500


def test_files_beside_a_database_name_who_made_what(pg_server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "20240101000000_a.sql").write_text(
        "CREATE TABLE orders (id integer PRIMARY KEY);\nALTER TABLE orders ADD region text;\n"
    )
    with new_database(pg_server(18)) as scratch:
        with scratch.connect() as connection:
            connection.execute(
                "CREATE TABLE orders (id integer PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS one"
            )
        where = ("--migrations", str(folder))
        code, body = run(tmp_path, "files", url(scratch), *where)
        assert code == 1
        assert {d["fact"]: d["made_by"] and d["made_by"]["line"] for d in body["differences"]} == {
            "column public.orders.region · exists": 2,
            "column public.orders.region · not null": 2,
            "column public.orders.region · type": 2,
            "view public.v · definition": None,
            "view public.v · exists": None,
            "column public.v.one · exists": None,
            "column public.v.one · type": None,
        }
        shown = CliRunner().invoke(cli, ["--project", str(tmp_path), "drift", "files", url(scratch), *where])
        assert "table public.orders\n  - column public.orders.region: only in A" in shown.stdout
        assert "view public.v\n  + view public.v: only in B" in shown.stdout
        assert "public.v.one" not in shown.stdout and "geheim" not in shown.output
        with scratch.connect() as connection:
            connection.execute("ALTER TABLE orders ADD region text; DROP VIEW v")
        code, body = run(tmp_path, "files", url(scratch), *where)
        assert (code, body["differences"]) == (0, [])


def test_a_supabase_project_and_its_files(newest: Scratch, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(CORPUS / "usebasejump__basejump", project)
    code, body = run(project, "files", url(newest, "postgres"))
    assert (code, body["differences"]) == (0, [])
    with copy(newest, "CREATE POLICY extra ON storage.objects FOR SELECT USING (true)") as changed:
        code, body = run(project, "files", url(changed, "postgres"))
    assert {d["object"] for d in body["differences"]} == {"storage.objects.extra"}


def test_postgres_and_sqlite_are_not_compared(pg_server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").touch()
    with (
        new_database(pg_server(18)) as scratch,
        pytest.raises(UsageError, match="one is Postgres, one SQLite") as caught,
    ):
        drift(tmp_path, (url(scratch), "sqlite:a.sqlite"), environ=ENVIRON)
    assert "geheim" not in repr((caught.value.message, caught.value.details, caught.value.next))


def test_nor_in_any_other_way_of_asking(pg_server: Server, tmp_path: Path) -> None:
    """Two ``--target``; the files of a Postgres target beside a SQLite file; ``status`` of both."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "20240101000000_a.sql").write_text("CREATE TABLE a (i int);")
    lite = tmp_path / "x.db"
    with sqlite3.connect(lite) as made:
        made.execute("CREATE TABLE a (i int)")
    run = CliRunner()
    with new_database(pg_server(18)) as database:
        postgres = url(database)
        project = ["--project", str(tmp_path)]
        for words in (
            [*project, "--target", postgres, "--target", f"sqlite:{lite}", "drift"],
            [*project, "--target", postgres, "drift", "files", str(lite)],
            [*project, "--target", postgres, "drift", "target", str(lite)],
        ):
            refused = run.invoke(cli, words).exception
            assert isinstance(refused, UsageError), words
            assert "one is Postgres, one SQLite" in refused.message and refused.details
        both = [*project, "--target", postgres, "--target", f"sqlite:{lite}", "status"]
        answer = run.invoke(cli, both)
        assert "The schemas of Postgres and those of SQLite are not compared." in answer.stdout
        assert "landed drift" not in answer.stdout
