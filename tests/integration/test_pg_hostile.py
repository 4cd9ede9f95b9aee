"""Postgres databases that make it hard to tell the truth: ledgers, hidden rows, names, settings."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import landed
from landed.engines.postgres.connect.unreadable import unreadable
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.process.landed_process import Answer, Landed
from support.servers.pgservers import lent_role

pytestmark = pytest.mark.server

LEDGER = "supabase_migrations.schema_migrations"
A, B, C, D = (f"2024010{n}000000_{name}.sql" for n, name in enumerate("abcd", 1))
FILES = {
    A: r"""CREATE TABLE public.a (id int PRIMARY KEY, t text DEFAULT 'a\b', since date DEFAULT '2024-02-03');
CREATE VIEW public.late AS SELECT id FROM public.a WHERE since > '2024-01-05' AND t <> 'x\y';
""",
    B: "CREATE TABLE public.b (id int PRIMARY KEY, a int REFERENCES public.a, CHECK (id > 0));\n",
}
NEXT = {C: "CREATE TABLE public.c (id int);\n"}
VERSIONS = [A[:14], B[:14]]
numbers = itertools.count()


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    # landed's own server, kept running between its calls.
    with server_for(18):
        yield pg_server(18)


class Project:
    """A database that holds what :data:`FILES` make, without a ledger, and landed on it."""

    def __init__(self, server: ShadowServer, name: str, folder: Path) -> None:
        self.server, self.name = server, name
        self.migrations = folder / "migrations"
        self.migrations.mkdir(parents=True)
        self.write(FILES)
        self.landed = Landed(
            folder, folder.parent / "cache", LANDED_TARGET=self.url(), LANDED_MIGRATIONS="migrations"
        )
        self.sql(*FILES.values())

    def url(self, user: str | None = None) -> str:
        server = self.server
        return f"postgresql://{user or server.superuser}@/{self.name}?host={server.host}&port={server.port}"

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.migrations / name).write_text(text, encoding="utf-8")

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with self.server.connect(self.name) as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows

    def ledger(self, columns: str = "version text PRIMARY KEY, statements text[], name text") -> None:
        """A new ledger of this shape in which both files are recorded by their version alone."""
        self.sql(
            "DROP SCHEMA IF EXISTS supabase_migrations CASCADE",
            "CREATE SCHEMA supabase_migrations",
            f"CREATE TABLE {LEDGER} ({columns})",
            f"INSERT INTO {LEDGER} (version) VALUES ('{VERSIONS[0]}'), ('{VERSIONS[1]}')",
        )

    @property
    def recorded(self) -> list[str]:
        return [row[0] for row in self.sql(f"SELECT version::pg_catalog.text FROM {LEDGER} ORDER BY 1")]

    def standings(self, *words: str) -> list[str]:
        return list(self.landed("status", *words).standings().values())

    def has(self, relation: str) -> bool:
        return self.sql(f"SELECT to_regclass('{relation}') IS NOT NULL") == [(True,)]


@pytest.fixture
def project(server: ShadowServer, tmp_path: Path) -> Iterator[Project]:
    with new_database(server) as made:
        yield Project(server, made.name, tmp_path / "project")


@contextlib.contextmanager
def role(server: ShadowServer, name: str) -> Iterator[str]:
    with server.connect(server.admin) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN".encode())
        yield name
        admin.execute(f"DROP ROLE {name}".encode())


def why(answer: Answer) -> str:
    error = answer.error
    return "\n".join([error["message"], *error["details"], error["next"]])


def test_ledgers_of_every_shape(project: Project) -> None:
    for columns in (
        "version text PRIMARY KEY",
        "version varchar(14), statements text[]",
        "version bigint PRIMARY KEY, statements text[] DEFAULT '{}', name text DEFAULT ''",
        "version text PRIMARY KEY, statements text[], name text, created_by text, rollback text[]",
    ):
        project.ledger(columns)
        assert project.standings() == ["ok", "ok"], columns
    project.sql(
        f"ALTER TABLE {LEDGER} RENAME TO kept",
        f"CREATE VIEW {LEDGER} AS SELECT * FROM supabase_migrations.kept",
    )
    project.write(NEXT)
    # A view runs what it says: it is not read, and nothing is written through it.
    for command in (("status",), ("apply", "--yes"), ("repair", "--yes")):
        assert "is a view" in why(project.landed(*command, code=3))
    assert project.recorded == VERSIONS and not project.has("public.c")


def test_a_ledger_that_misleads_is_not_believed(project: Project) -> None:
    project.ledger()
    project.sql(f"ALTER TABLE {LEDGER} ENABLE ROW LEVEL SECURITY")
    # Its owner sees every row.
    assert project.standings() == ["ok", "ok"]
    with role(project.server, "landed_reader") as reader:
        project.sql(
            f"GRANT USAGE ON SCHEMA supabase_migrations TO {reader}", f"GRANT SELECT ON {LEDGER} TO {reader}"
        )
        as_reader = ("--target", project.url(reader))
        answer = project.landed(*as_reader, "status", code=3)
        assert "rows of it may be hidden" in why(answer) and "DISABLE ROW LEVEL SECURITY" in why(answer)
        project.sql(f"CREATE POLICY old_ones ON {LEDGER} USING (version < '2023')")
        project.landed(*as_reader, "verify", code=3)
        project.sql(f"CREATE POLICY all_of_them ON {LEDGER} FOR SELECT USING (true)")
        # Whatever its policies let through today: it is read without them, or not at all.
        project.landed(*as_reader, "status", code=3)
        project.sql(f"ALTER TABLE {LEDGER} DISABLE ROW LEVEL SECURITY")
        assert project.standings(*as_reader) == ["ok", "ok"]
        project.sql(f"DROP OWNED BY {reader}")
        assert "GRANT USAGE ON SCHEMA" in why(project.landed(*as_reader, "status", code=3))
    project.ledger("version text")
    project.sql(f"INSERT INTO {LEDGER} VALUES (NULL)")
    assert "version is NULL" in why(project.landed("status", code=3))
    project.sql(f"DROP TABLE {LEDGER}", f"CREATE TABLE {LEDGER} (id int, name text)")
    assert "no column version" in why(project.landed("status", code=3))


def test_a_ledger_that_takes_no_row(project: Project) -> None:
    project.ledger()
    project.write(NEXT)
    project.sql(
        "CREATE FUNCTION supabase_migrations.away() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'",
        f"CREATE TRIGGER away BEFORE INSERT ON {LEDGER} FOR EACH ROW"
        " EXECUTE FUNCTION supabase_migrations.away()",
    )
    told = why(project.landed("apply", "--yes", code=1))
    assert "on it: trigger away (function supabase_migrations.away of" in told
    assert not project.has("public.c") and project.recorded == VERSIONS
    project.sql(f"DELETE FROM {LEDGER}")
    assert "trigger away" in why(project.landed("repair", "--yes", code=1))
    # Reading a table runs no trigger: status says what it saw.
    notes = [n["text"] for n in project.landed("status").body["notes"]]
    assert len(notes) == 1 and "trigger away" in notes[0]
    assert "trigger away" in project.landed.plain("status").stdout

    project.ledger()
    project.sql(f"DELETE FROM {LEDGER}", f"ALTER TABLE {LEDGER} ALTER version TYPE uuid USING NULL")
    assert f"ALTER TABLE {LEDGER} ALTER COLUMN version TYPE text" in why(
        project.landed("repair", "--yes", code=1)
    )
    project.sql(f"DROP TABLE {LEDGER}", f"CREATE MATERIALIZED VIEW {LEDGER} AS SELECT '{A[:14]}' AS version")
    project.sql(*NEXT.values())
    assert "is a materialized view" in why(project.landed("repair", "--yes", code=3))


HIJACKED = """
CREATE FUNCTION public.no(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.no(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.no(name, name) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.no(int, int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.to_jsonb(anyelement) RETURNS jsonb LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.count(anyelement) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE FUNCTION public.unnest(anyarray) RETURNS SETOF int LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$;
CREATE OPERATOR public.= (leftarg = text, rightarg = text, function = public.no);
CREATE OPERATOR public.= (leftarg = oid, rightarg = oid, function = public.no);
CREATE OPERATOR public.= (leftarg = name, rightarg = name, function = public.no);
CREATE OPERATOR public.= (leftarg = int, rightarg = int, function = public.no);
CREATE OPERATOR public.<> (leftarg = text, rightarg = text, function = public.no);
CREATE OPERATOR public.<> (leftarg = oid, rightarg = oid, function = public.no);
CREATE OPERATOR public.> (leftarg = int, rightarg = int, function = public.no);
CREATE OPERATOR public.< (leftarg = int, rightarg = int, function = public.no);
CREATE TABLE public.pg_class (a int); CREATE TABLE public.pg_namespace (a int);
CREATE TABLE public.pg_policy (a int); CREATE TABLE public.pg_locks (a int);
CREATE TABLE public.pg_roles (a int); CREATE TABLE public.pg_stat_activity (a int);
CREATE TYPE public.regclass AS (a int); CREATE DOMAIN public.text AS pg_catalog.int4;
"""
SETTINGS = {
    "search_path": "public, pg_catalog",
    "standard_conforming_strings": "off",
    "DateStyle": "'German, DMY'",
    "IntervalStyle": "'iso_8601'",
    "TimeZone": "'Asia/Kathmandu'",
    "bytea_output": "'escape'",
    "extra_float_digits": "'-5'",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "'serializable'",
    "row_security": "off",
    "transform_null_equals": "on",
    "client_encoding": "'LATIN1'",
    "client_min_messages": "'debug5'",
}


def test_hijacked_names_and_odd_settings(project: Project) -> None:
    project.ledger()
    project.sql(HIJACKED)
    project.sql(*(f'ALTER DATABASE "{project.name}" SET {k} = {v}' for k, v in SETTINGS.items()))
    assert project.standings() == ["ok", "ok"]
    project.write(NEXT)
    applied = project.landed("apply", "--yes")
    assert applied.stderr.count("DEBUG") == 0
    assert project.standings() == ["ok"] * 3
    (version,) = project.sql(f"SELECT version FROM {LEDGER} WHERE name OPERATOR(pg_catalog.=) 'c'")
    assert version == (C[:14],)
    assert "landed itself failed" not in project.landed("doctor", code=None).stdout
    project.sql("ALTER TABLE public.a ALTER t DROP DEFAULT")
    assert project.standings() == ["partial", "ok", "ok"]
    project.sql(r"ALTER TABLE public.a ALTER t SET DEFAULT E'a\\b'", "INSERT INTO public.c VALUES (1)")
    # Rows are counted, and what else goes is seen, under the catalog's own names, too.
    project.write({D: "ALTER TABLE public.c ADD COLUMN more int;\nALTER TABLE public.c DROP COLUMN id;\n"})
    refused = project.landed("apply", "--yes", code=4).error
    assert refused["next"].endswith("landed apply --allow 'drop-column:public.c.id'")
    project.landed("apply", "--yes", "--allow", "drop-column:public.c.id")
    assert project.standings() == ["ok", "ok", "ok", "ok"]
    # So is what runs in no transaction, and what stands in the way of a statement.
    alone = {
        "20240105000000_e.sql": "CREATE INDEX CONCURRENTLY b_a ON b (a);\nREINDEX INDEX CONCURRENTLY b_a;\n"
        "VACUUM b;\n"
    }
    project.write(alone)
    project.landed("apply", "--yes")
    assert project.standings()[-1] == "ok"
    project.sql("INSERT INTO public.a (id) VALUES (1), (2)", "INSERT INTO public.b VALUES (1, 1), (2, 1)")
    unique = "DROP INDEX CONCURRENTLY b_a;\nCREATE UNIQUE INDEX CONCURRENTLY b_u ON b (a);\n"
    project.write({"20240106000000_f.sql": unique})
    error = project.landed("apply", "--yes", code=1).error
    assert '1 value occurs more than once in public.b ("a"), in 2 rows' in error["details"]
    assert "--allow 'drop-invalid-index:public.b_u'" in error["next"]
    assert "public.b_u on b" in project.landed("doctor", code=None).stdout


def test_required_features_under_hijacked_names(project: Project) -> None:
    project.sql(HIJACKED, f'ALTER DATABASE "{project.name}" SET search_path = public, pg_catalog')
    assert project.landed("exec", "SELECT id FROM public.a").code == 0
    with project.server.connect(project.name) as connection:
        landed.require(connection, "public.a.t", "table b", "function public.count", "type public.regclass")
        with pytest.raises(landed.MissingFeature, match="no column nothing"):
            landed.require(connection, "public.a.nothing")


def test_a_files_own_savepoints(project: Project) -> None:
    project.ledger()
    project.write(
        {
            C: "CREATE TABLE public.c (id int);\nSAVEPOINT s;\nCREATE TABLE public.gone (id int);\n"
            "ALTER TABLE public.c ADD COLUMN gone int;\nROLLBACK TO SAVEPOINT s;\nRELEASE s;\n"
            "ALTER TABLE public.c ADD COLUMN kept int;\n"
        }
    )
    project.landed("apply", "--yes")
    assert project.standings() == ["ok"] * 3
    assert project.has("public.c") and not project.has("public.gone")
    project.sql("ALTER TABLE public.c DROP COLUMN kept")
    assert project.standings() == ["ok", "ok", "partial"]


def test_no_replay_touches_other_databases(project: Project) -> None:
    """On a server that the user named for scratch databases such files are refused."""
    project.ledger()
    with new_database(project.server) as bystander:
        project.write({C: f'DROP DATABASE "{bystander.name}";\n'})
        project.write(
            {C.replace("c.sql", "d.sql").replace("03", "04", 1): "CREATE DATABASE landed_unmade;\n"}
        )
        assert project.standings() == ["ok", "ok", "unknown", "unknown"]
        refused = project.landed("status", "--shadow", project.url(lent_role(project.server)), code=2)
        assert "not landed's own" in refused.error["message"]
        names = {name for (name,) in project.sql("SELECT datname FROM pg_database")}
    assert bystander.name in names and "landed_unmade" not in names


def test_a_file_that_changes_the_ledger(project: Project) -> None:
    """As squashing does; the table is there for the file, also before the first apply."""
    project.write({C: f"DELETE FROM {LEDGER} WHERE version < '2024';\n{NEXT[C]}"})
    project.ledger()
    project.sql(f"INSERT INTO {LEDGER} VALUES ('20230101000000')")
    project.landed("apply", "--yes")
    assert project.recorded == [*VERSIONS, C[:14]] and project.has("public.c")


def test_thousands_of_rows_without_a_file(project: Project) -> None:
    project.ledger()
    project.sql(f"INSERT INTO {LEDGER} SELECT (20230000000000 + i)::text FROM generate_series(1, 3000) i")
    status = project.landed.plain("status").stdout
    assert len(status.splitlines()) < 90 and "… and 2980 more rows of the ledger without a file" in status
    assert "2 ok · 3000 no-file" in status
    assert len(project.landed.plain("verify", code=1).stdout.splitlines()) < 40
    assert len(project.landed.plain("repair", "--dry-run").stdout.splitlines()) < 60
    assert len(project.landed("status").body["migrations"]) == 3002
    project.write(NEXT)
    applied = project.landed.plain("apply", "--yes").stderr
    assert "3000 rows of the ledger have no file" in applied and len(applied.splitlines()) < 20


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_other_encodings(server: ShadowServer, tmp_path: Path, encoding: str) -> None:
    name = f"landed_{encoding.lower()}_{next(numbers)}"
    with server.connect(server.admin) as admin:
        admin.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'".encode())
        try:
            project = Project(server, name, tmp_path / "project")
            project.ledger()
            project.write({C: 'CREATE TABLE public."größe" ("ü" text DEFAULT \'é\');\n'})
            project.landed("apply", "--yes")
            assert project.standings() == ["ok"] * 3
            assert project.landed("drift", "files", "target").body["differences"] == []
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_who_keeps_a_reader_waiting_is_named(project: Project) -> None:
    project.ledger()
    with project.server.connect(project.name) as holder, project.server.connect(project.name) as reader:
        holder.execute("BEGIN")
        holder.execute(f"LOCK TABLE {LEDGER}".encode())
        reader.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable) as raised:
            reader.execute(f"SELECT FROM {LEDGER}".encode())
        error = unreadable("Here", raised.value, lambda: project.server.connect(project.name))
        pid = holder.info.backend_pid
    assert error.details[0].startswith(f"{LEDGER} is locked by pid {pid} (")
    assert f"SELECT pg_terminate_backend({pid})" in (error.next or "")
