"""shadow pull: files that replays start from, taken from a live database, and what they are good for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from landed.cli.main import cli
from landed.core.errors import NeedsConfirmation, NotProven, UsageError
from landed.engines.postgres.catalog.scope import SUPABASE
from landed.engines.postgres.files import read_supabase_migrations
from landed.engines.postgres.pull import there_already
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.ops.shadow_pull import with_setting
from landed.project.settings import read_settings
from landed.report.json_schema import json_schema

Server = Callable[..., ShadowServer]

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def url(scratch: Scratch, user: str | None = None) -> str:
    server = scratch.server
    login = f"{user or server.superuser}:geheim"
    return f"postgresql://{login}@/{scratch.name}?host={server.host}&port={server.port}"


def run(folder: Path, *args: str) -> Result:
    result = CliRunner().invoke(
        cli, ["-C", str(folder), *args], standalone_mode=False, catch_exceptions=False
    )
    assert "geheim" not in result.output
    return result


def document(folder: Path, *args: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(run(folder, *args, "--json").stdout)
    assert Draft202012Validator(json_schema()).is_valid(body)
    return body


HISTORY = {
    "20240101000000_a.sql": "ALTER TABLE customers ADD COLUMN region text NOT NULL DEFAULT 'eu';\n"
    "CREATE INDEX customers_region ON customers (region);\n"
    "CREATE TYPE mood AS ENUM ('sad', 'happy');\n",
    "20240102000000_b.sql": "CREATE TABLE IF NOT EXISTS orders (id integer PRIMARY KEY,"
    " customer integer REFERENCES customers, mood mood);\n"
    "CREATE POLICY own ON customers FOR SELECT USING (true);\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "migrations").mkdir(parents=True)
    for name, sql in HISTORY.items():
        (folder / "migrations" / name).write_text(sql)
    return folder


def live(scratch: Scratch) -> None:
    with scratch.connect() as connection:
        connection.execute("CREATE TABLE customers (id integer PRIMARY KEY, name text)")
        connection.execute("CREATE VIEW names AS SELECT name FROM customers")
        connection.execute("INSERT INTO customers VALUES (1, 'a name that stays')")
        for sql in HISTORY.values():
            connection.execute(sql.encode())


def test_a_history_that_does_not_begin_at_empty_replays_with_its_base(
    pg_server: Server, project: Path
) -> None:
    with new_database(pg_server(18)) as scratch:
        live(scratch)
        where = ("--target", url(scratch), "--migrations", str(project / "migrations"))
        body = document(project, "shadow", "pull", "--base", *where, "--yes")
        assert (body["file"], body["failed_before"], body["failed_after"]) == ("landed-base.sql", 2, 0)
        text = (project / "landed-base.sql").read_text()
        assert "CREATE TABLE public.customers" in text and "CREATE VIEW public.names" in text
        for made in ("region", "orders", "mood", "own", "a name that stays"):
            assert made not in text
        assert (project / "landed.toml").read_text() == '[shadow]\nbase = "landed-base.sql"\n'
        body = document(project, "drift", "files", "target", *where)
        assert body["differences"] == []
        run(project, "repair", *where, "--yes")
        verified = run(project, "verify", *where)
        assert verified.return_value == 0, verified.output


def test_a_file_that_is_there_is_replaced_with_consent_only(pg_server: Server, project: Path) -> None:
    (project / "landed-base.sql").write_text("-- mine\n")
    with new_database(pg_server(18)) as scratch:
        live(scratch)
        where = ("--target", url(scratch), "--migrations", str(project / "migrations"))
        with pytest.raises(NeedsConfirmation) as caught:
            run(project, "shadow", "pull", "--base", *where)
        assert "geheim" not in (caught.value.next or "") and "--yes" in (caught.value.next or "")
        assert (project / "landed-base.sql").read_text() == "-- mine\n"
        (project / "landed-base.sql").unlink()
        shown = run(project, "shadow", "pull", "--base", *where).stdout
        assert '[shadow]\nbase = "landed-base.sql"' in shown and not (project / "landed.toml").exists()
        assert "Without it 2 files cannot be replayed whole; with it 0." in shown


@pytest.mark.parametrize("name", ["usebasejump__basejump", "ubiquity__ubiquibot"])
def test_a_real_project_that_lost_its_first_file(pg_server: Server, tmp_path: Path, name: str) -> None:
    project = tmp_path / "p"
    shutil.copytree(CORPUS / name, project)
    folder = project / "supabase" / "migrations"
    files = read_supabase_migrations(folder, root=project).migrations
    with new_database(pg_server(18, supabase())) as scratch:
        replay_all(scratch, SUPABASE, files)
        sorted(folder.glob("*.sql"))[0].unlink()
        where = ("--target", url(scratch, "postgres"))
        body = document(project, "shadow", "pull", "--base", *where, "--yes")
        assert body["file"] == "supabase/landed-base.sql" and body["set"]
        assert body["failed_before"] > body["failed_after"] == 0
        left = document(project, "drift", "files", "target", *where)["differences"]
    assert left == []


def test_the_managed_part_of_a_project_is_pulled_and_replayed_on(pg_server: Server, tmp_path: Path) -> None:
    name = "ubiquity__ubiquibot"
    shutil.copytree(CORPUS / name, tmp_path / "p")
    files = read_supabase_migrations(CORPUS / name / "supabase" / "migrations", root=CORPUS).migrations
    with new_database(pg_server(18, supabase())) as scratch:
        with scratch.connect() as connection:
            connection.execute("ALTER TABLE auth.users ADD COLUMN only_here text")
        replay_all(scratch, SUPABASE, files)
        where = ("--target", url(scratch, "postgres"))
        body = document(tmp_path / "p", "shadow", "pull", *where, "--yes")
        assert (body["kind"], body["file"]) == ("managed", "supabase/landed-managed.sql")
        assert "only_here" in (tmp_path / "p" / body["file"]).read_text()
        assert document(tmp_path / "p", "drift", "files", "target", *where)["differences"] == []


def test_what_a_project_has_in_the_platforms_schemas_is_pulled_as_such(
    pg_server: Server, tmp_path: Path
) -> None:
    """And not looked for in a base; what the platform's superuser owns is in that, without its owner."""
    place = tmp_path / "supabase" / "migrations"
    place.mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "x"\n')
    (place / "20240101000000_a.sql").write_text(
        "create table public.members (tenant uuid references auth.tenants, made uuid);\n"
        "create policy own on public.members using (auth.tenant() = tenant);\n"
        "alter table public.members add foreign key (made) references by_dashboard;\n"
    )
    with new_database(pg_server(18, supabase())) as scratch:
        where = ("--target", url(scratch, "postgres"))
        with pytest.raises(NotProven, match="cannot run") as refused:
            run(tmp_path, "apply", "--yes", *where)
        assert "To replay the files with what they have: landed shadow pull" in (refused.value.next or "")
        with scratch.connect() as admin:
            admin.execute("CREATE TABLE auth.tenants (id uuid PRIMARY KEY)")
            admin.execute("GRANT REFERENCES ON auth.tenants TO postgres")
            admin.execute("CREATE FUNCTION auth.tenant() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'")
            admin.execute("CREATE TABLE public.by_dashboard (id uuid PRIMARY KEY)")
            for made in ("TABLE auth.tenants", "FUNCTION auth.tenant()", "TABLE public.by_dashboard"):
                admin.execute(f"ALTER {made} OWNER TO supabase_admin".encode())
            admin.execute("GRANT ALL ON public.by_dashboard TO postgres")
        assert "Take its real shape out of the database: landed" in run(tmp_path, "status", *where).output
        assert "needs-managed" in document(tmp_path, "status", *where)["migrations"][0]["flags"]
        base = run(tmp_path, "shadow", "pull", "--base", "--yes", *where).output
        assert "the platform's schemas have in this project only: landed shadow pull" in base
        assert "OWNER TO" not in (tmp_path / "supabase" / "landed-base.sql").read_text()
        run(tmp_path, "shadow", "pull", "--yes", *where)
        assert "needs-managed" not in document(tmp_path, "status", *where)["migrations"][0]["flags"]
        assert "1 file applied and proven" in run(tmp_path, "apply", "--yes", *where).output
        body = document(tmp_path, "status", *where)
        assert (body["migrations"][0]["standing"], body["unexplained"]) == ("ok", [])
        assert document(tmp_path, "drift", "files", "target", *where)["differences"] == []


def test_nothing_is_managed_on_a_plain_server(pg_server: Server, project: Path) -> None:
    with (
        new_database(pg_server(18)) as scratch,
        pytest.raises(UsageError, match="no Supabase project") as caught,
    ):
        run(project, "shadow", "pull", "--target", url(scratch))
    assert caught.value.next is not None and "landed shadow pull --base" in caught.value.next


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[shadow]\nbase = "b.sql"\n'),
        ('target = "x"', 'target = "x"\n\n[shadow]\nbase = "b.sql"\n'),
        ('[shadow]\nserver = "own"\n\n[other]\n', '[shadow]\nbase = "b.sql"\nserver = "own"\n\n[other]\n'),
        ("[shadow]", '[shadow]\nbase = "b.sql"\n'),
    ],
)
def test_the_settings_file_keeps_what_it_has(before: str, after: str) -> None:
    assert with_setting(before, 'base = "b.sql"') == after


def test_the_table_shadow_is_read(tmp_path: Path) -> None:
    (tmp_path / "landed.toml").write_text(
        '[shadow]\nbase = "b.sql"\nmanaged = "m.sql"\nserver = "own"\nbroken = ["1_a.sql", "2_b.sql"]\n'
    )
    found = read_settings(tmp_path, {}, {})
    assert found.shadow is not None and found.shadow.value == "own"
    assert found.managed is not None and found.managed.value == str(tmp_path / "m.sql")
    assert found.broken == ("1_a.sql", "2_b.sql")
    flagged = read_settings(tmp_path, {"shadow": "same-server"}, {"LANDED_SHADOW": "x"})
    assert flagged.shadow is not None and flagged.shadow.value == "same-server"


def test_nothing_is_found_there_where_nothing_failed() -> None:
    assert there_already([]) == frozenset()
