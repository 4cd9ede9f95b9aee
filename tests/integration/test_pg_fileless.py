"""Rows without a file on Postgres: their files are written again from the SQL that the rows hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.stored import ledger_statements
from landed.engines.postgres.stored_files import as_file
from support.process.landed_process import Landed

FIRST, SECOND = "20240101000000_first.sql", "20240102000000_second.sql"
TEXTS = {
    FIRST: """-- one
CREATE TABLE public.a (id int); -- the end

COMMENT ON TABLE public.a IS 'x;y';
-- last
""",
    SECOND: """CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;
ALTER TABLE public.a ADD b int""",
}


@pytest.fixture
def project(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> Iterator[tuple[Landed, str]]:
    migrations = tmp_path / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "fileless"\n[db]\nmajor_version = 18\n')
    for name, text in TEXTS.items():
        (migrations / name).write_text(text, encoding="utf-8")
    server = pg_server(18)
    with new_database(server) as scratch:
        url = f"postgresql://{server.role}@/{scratch.name}?host={server.host}&port={server.port}"
        landed = Landed(tmp_path, tmp_path / "cache", LANDED_TARGET=url)
        landed("apply", "--yes")
        yield landed, url


def test_the_files_of_all_rows_are_written_again(project: tuple[Landed, str]) -> None:
    landed, _ = project
    migrations = landed.folder / "supabase" / "migrations"
    for name in TEXTS:
        (migrations / name).unlink()
    said = landed("status")
    row = FIRST.removesuffix(".sql")
    assert said.standings() == {name.removesuffix(".sql"): "no-file" for name in TEXTS}
    assert said.migration(row)["next"] == f"landed repair {row} --fetch"
    assert "sql-in-ledger" in said.migration(row)["flags"]

    asked = landed("repair", "--fetch", code=4).error
    assert asked["next"] == "landed repair --fetch --yes"
    assert list(migrations.iterdir()) == []
    landed("repair", "--fetch", "--dry-run")
    assert list(migrations.iterdir()) == []
    done = landed("repair", "--fetch", "--yes").body
    assert [(c["action"], c["new_name"]) for c in done["changes"]] == [
        ("fetch", f"supabase/migrations/{name}") for name in TEXTS
    ]
    assert landed("status").body["counts"] == {"ok": 2}
    for name, text in TEXTS.items():
        assert ledger_statements((migrations / name).read_text(encoding="utf-8")) == ledger_statements(text)
    assert landed("repair", "--fetch", "--yes").body["changes"] == []


def test_a_row_without_sql_or_with_a_wild_name(project: tuple[Landed, str]) -> None:
    landed, url = project
    with psycopg.connect(url, autocommit=True) as connection:
        table = "supabase_migrations.schema_migrations"
        insert = f"INSERT INTO {table} (version, name, statements) VALUES (%s, %s, %s)".encode()
        connection.execute(insert, ("20240103", "bare", None))
        connection.execute(insert, ("20240104", "../../up", ["CREATE TABLE public.u (id int)"]))
    refused = landed("repair", "20240103_bare", "--fetch", "--yes", code=1).error
    assert (
        refused["message"] == "The file of 20240103_bare cannot be written: the ledger does not hold its SQL."
    )
    named = landed("repair", FIRST, "--fetch", "--yes", code=1).error
    assert named["message"].endswith("cannot be written: it has a file.")
    done = landed("repair", "--fetch", "--yes").body
    assert [c["new_name"] for c in done["changes"]] == ["supabase/migrations/20240104__.._up.sql"]
    assert [r["name"] for r in done["refused"]] == ["20240103_bare"]
    assert (landed.folder / "supabase" / "migrations" / "20240104__.._up.sql").exists()


@pytest.mark.parametrize(
    "statements",
    [
        ["SELECT 1", "SELECT 2"],
        ["SELECT 1 -- one", "SELECT 2"],
        ["SELECT 1", "-- only words"],
        ["SELECT ';'"],
    ],
)
def test_a_file_holds_the_statements_of_its_row(statements: Sequence[str]) -> None:
    text = as_file(statements)
    assert text is not None
    assert ledger_statements(text) == tuple(statements)
