"""doctor on Postgres and Supabase: what is set and by whom, what is really wrong, and nothing secret."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import jsonschema
import psycopg
import pytest

from landed.core.check import Check, Level
from landed.core.given import Given
from landed.engines.postgres.connect.failures import meaning_of
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.ops.doctor import Diagnosis, diagnose
from landed.project.pg_url import Dsn
from landed.report.json.doctor import doctor_json
from landed.report.json_schema import json_schema
from landed.report.text.doctor import render_doctor
from support.servers.pgpoolers import Sayer, free_port

REF = "abcdefghijklmnopqrst"
SECRET = "s3cret/p@ss:word"
LEDGER = """
CREATE SCHEMA supabase_migrations;
CREATE TABLE supabase_migrations.schema_migrations (
    version text PRIMARY KEY, statements text[], name text, created_by text, idempotency_key text UNIQUE,
    rollback text[]);
INSERT INTO supabase_migrations.schema_migrations VALUES ('1', ARRAY['SELECT 1'], 'a');
"""


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith(("PG", "SUPABASE"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text(
        'project_id = "shop"\n[db]\nport = 54399\nmajor_version = 18\n'
    )
    (folder / "supabase" / "migrations" / "1_a.sql").write_text("CREATE EXTENSION IF NOT EXISTS pg_cron;\n")
    return folder


def url(scratch: Scratch, user: str | None = None) -> str:
    server = scratch.server
    return f"postgresql://{user or server.superuser}@/{scratch.name}?host={server.host}&port={server.port}"


def look(folder: Path, target: str | None, **environ: str) -> Diagnosis:
    found = diagnose(folder, target, {}, environ)
    body = doctor_json(found, Given())
    jsonschema.validate(body, json_schema())
    out = io.StringIO()
    render_doctor(found, out, str)
    for text in (str(body), out.getvalue()):
        for secret in (SECRET, quote(SECRET, safe=""), "p@ss:word"):
            assert secret not in text
        assert "Traceback" not in text
    return found


def by_code(found: Diagnosis) -> dict[str, Check]:
    return {check.code: check for check in found.checks}


def wrong(found: Diagnosis) -> set[str]:
    return {check.code for check in found.checks if check.level in (Level.WARNING, Level.ERROR)}


def test_a_healthy_database(scratch: Scratch, project: Path) -> None:
    with scratch.connect() as connection:
        connection.execute(LEDGER.encode())
    found = look(project, url(scratch))
    checks = by_code(found)
    assert (wrong(found), found.exit_code) == (set(), 0)
    assert checks["supabase-config"].value == str(project / "supabase" / "config.toml")
    assert (checks["project-id"].value, checks["project-id"].origin) == ("shop", "supabase/config.toml:1")
    assert (checks["major-version"].value, checks["major-version"].origin) == ("18", "supabase/config.toml:4")
    assert "through a socket" in str(checks["connection"].value)
    assert str(checks["server"].value).startswith("Postgres 18.")
    assert "superuser" in str(checks["role"].value)
    assert "1 rows" in str(checks["table"].value) and checks["columns"].origin == "a hosted project's"
    assert checks["pooler"].value is not None and checks["pooler"].value.startswith("none")
    assert checks["stand-ins"].value == "pg_cron"
    assert checks["files"].value == "1: 1_a.sql"
    assert checks["extensions"].value == "pg_cron"
    (project / "supabase" / "migrations" / "2_b.sql").write_text("CREATE EXTENSION nowhere_to_be_found;")
    found = look(project, url(scratch))
    assert wrong(found) == {"extensions"}
    assert "does not have nowhere_to_be_found:" in str(by_code(found)["extensions"].problem)
    assert "wrangler-config" not in checks and "features" not in checks


def test_a_database_with_everything_that_is_worth_a_word(scratch: Scratch, project: Path) -> None:
    role = "doctor_visitor"
    with scratch.connect() as connection:
        connection.execute(b"DROP ROLE IF EXISTS doctor_visitor")
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        name = scratch.name
        connection.execute(
            f"""CREATE SCHEMA supabase_migrations;
            CREATE TABLE supabase_migrations.schema_migrations (version text);
            INSERT INTO supabase_migrations.schema_migrations VALUES ('1');
            CREATE RULE also AS ON INSERT TO supabase_migrations.schema_migrations DO ALSO NOTIFY recorded;
            GRANT USAGE ON SCHEMA supabase_migrations TO {role};
            GRANT SELECT ON supabase_migrations.schema_migrations TO {role};
            CREATE TABLE double (a int); INSERT INTO double VALUES (1), (1);
            ALTER TABLE double ADD CONSTRAINT positive CHECK (a > 1) NOT VALID""".encode()
        )
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(b"CREATE UNIQUE INDEX CONCURRENTLY broken ON double (a)")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        connection.execute(b"SET default_transaction_read_only = off")
        connection.execute(f"ALTER ROLE {role} SET statement_timeout = '2min'".encode())
        connection.execute(f"ALTER ROLE {role} SET lock_timeout = '3s'".encode())
    config = project / "supabase" / "config.toml"
    config.write_text(config.read_text().replace("18", "15"))
    try:
        found = look(project, url(scratch, role))
    finally:
        with scratch.connect() as connection:
            connection.execute(b"SET default_transaction_read_only = off")
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
    checks = by_code(found)
    assert found.exit_code == 0
    assert wrong(found) >= {"server", "role", "read-only", "invalid-index", "unique", "rights", "fired"}
    assert checks["fired"].value == "rule also"
    assert "says major version 15" in str(checks["server"].problem)
    assert "it may create nothing in public and supabase_migrations" in str(checks["role"].problem)
    assert checks["timeouts"].value == "statement_timeout 2min, lock_timeout 3s"
    assert checks["invalid-index"].next == 'landed exec "DROP INDEX CONCURRENTLY public.broken"'
    assert checks["not-valid"].value == "public.double positive"
    assert checks["columns"].origin == "an older Supabase CLI's"
    assert "may not write" in str(checks["rights"].problem)


def test_a_ledger_that_is_none_and_one_that_cannot_be_read(scratch: Scratch, project: Path) -> None:
    with scratch.connect() as connection:
        connection.execute(b"CREATE TABLE knex_migrations (id int)")
    checks = by_code(look(project, url(scratch)))
    assert "not there yet" in str(checks["table"].value)
    assert checks["similar"].value == "public.knex_migrations"
    found = look(project, url(scratch), LANDED_LEDGER="public.knex_migrations")
    assert "no column version" in str(by_code(found)["table"].problem)
    assert found.exit_code == 2
    with scratch.connect() as connection:
        connection.execute(b"DROP ROLE IF EXISTS doctor_stranger; CREATE ROLE doctor_stranger LOGIN")
    try:
        check = by_code(look(project, url(scratch, "doctor_stranger")))["schema"]
        assert check.level is Level.WARNING and "GRANT CREATE ON DATABASE" in str(check.next)
        with scratch.connect() as connection:
            connection.execute(LEDGER.encode())
        found = look(project, url(scratch, "doctor_stranger"))
    finally:
        with scratch.connect() as connection:
            connection.execute(b"DROP ROLE doctor_stranger")
    assert "may not read it" in str(by_code(found)["table"].problem)
    assert found.exit_code == 3


def test_default_privileges_of_the_api_roles(pg_server: Callable[..., ShadowServer], project: Path) -> None:
    from landed.engines.postgres.shadow.platform.baseline import supabase

    with new_database(pg_server(18, supabase())) as made:
        target = url(made, "postgres")
        assert "anon, authenticated, service_role" in str(
            by_code(look(project, target))["default-privileges"].value
        )
        with made.connect("postgres") as connection:
            connection.execute(
                b"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES "
                b"FROM anon, authenticated, service_role"
            )
        check = by_code(look(project, target))["default-privileges"]
        assert check.level is Level.NOTE and "2026-05-30" in str(check.problem)


def test_through_poolers(scratch: Scratch, project: Path, pooled: Callable[..., int]) -> None:
    with scratch.connect() as connection:
        connection.execute(LEDGER.encode())
    for mode in ("transaction", "session"):
        port = pooled(mode)
        found = look(project, f"postgresql://me:{quote(SECRET, safe='')}@127.0.0.1:{port}/{scratch.name}")
        check = by_code(found)["pooler"]
        assert found.exit_code == 0
        assert "1 rows" in str(by_code(found)["table"].value)
        if mode == "transaction":
            assert check.level is Level.WARNING and "transaction pooler" in str(check.problem) and check.next
        else:
            assert check.level is Level.GOOD and str(check.value).startswith("session mode")


def test_nobody_listens(project: Path) -> None:
    found = look(project, f"postgresql://me@127.0.0.1:{free_port()}/x")
    check = by_code(found)["connection"]
    assert found.exit_code == 3
    assert "no Postgres is running" in str(check.problem)
    # The rest is looked at all the same.
    assert {"files", "shadow", "cache", "table"} <= by_code(found).keys()
    local = look(project, "supabase:local")
    assert by_code(local)["connection"].next == "start it: supabase start"
    assert by_code(local)["address"].origin == "supabase/config.toml:3"
    assert by_code(local)["password"].origin == "default"
    package = project / "node_modules" / "supabase" / "package.json"
    package.parent.mkdir(parents=True)
    for version, level in (("2.104.0", Level.NOTE), ("3.1.0", Level.GOOD)):
        package.write_text(f'{{"version": "{version}"}}')
        assert by_code(look(project, "supabase:local"))["supabase-cli"].level is level


@pytest.mark.parametrize(
    ("text", "code", "words", "exit_code"),
    [
        ('password authentication failed for user "me"', "28P01", "the password for me", 3),
        ("Tenant or user not found", "XX000", "host or user name is wrong", 2),
        ("(ECIRCUITBREAKER) too many authentication failures", "XX000", "too many have failed", 3),
        ("(EMAXCONNSESSION) max clients reached in session mode", "XX000", "no free connection", 3),
        ('database "shop" does not exist', "3D000", "shop", 2),
    ],
)
def test_a_refused_login_is_explained_and_tried_once(
    project: Path, says: Callable[..., Sayer], text: str, code: str, words: str, exit_code: int
) -> None:
    sayer = says(text, code=code)
    password = quote(SECRET, safe="")
    found = look(project, f"postgresql://me:{password}@127.0.0.1:{sayer.port}/shop?sslmode=disable")
    assert words in str(by_code(found)["connection"].problem)
    assert by_code(found)["connection"].next
    assert (found.exit_code, len(sayer.logins)) == (exit_code, 1)


def test_the_page_tells_what_failures_mean() -> None:
    page = (Path(__file__).parents[2] / "docs" / "commands" / "doctor.md").read_text(encoding="utf-8")
    table = page.split("| what was said |")[1].split("\n\n")[0]
    said = [text for line in table.splitlines()[2:] for text in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(said) >= 9
    dsn = Dsn("db.example.com", 5432, "me", "shop")
    assert "connection" not in {meaning_of(Exception(text), dsn).code for text in said}


def test_where_the_address_and_the_password_come_from(project: Path, tmp_path: Path) -> None:
    (project / "supabase" / ".temp").mkdir()
    (project / "supabase" / ".temp" / "project-ref").write_text(REF)
    (project / ".env").write_text(f"SUPABASE_DB_PASSWORD='{SECRET}'\n")
    # No name server is asked: the host is told where it is, and nobody listens there.
    found = look(project, "supabase:linked", LANDED_POOLER=pooler_url("postgres"))
    checks = by_code(found)
    assert checks["project-ref"].origin == "supabase/.temp/project-ref"
    assert (checks["password"].value, checks["password"].origin) == (
        "given, not shown",
        ".env SUPABASE_DB_PASSWORD",
    )
    assert "no project ref" in str(checks["user-without-ref"].problem)
    assert found.exit_code == 2
    missing = tmp_path / "missing.crt"
    found = look(
        project,
        f"postgresql://me@127.0.0.1:{free_port()}/x?sslmode=verify-full&sslrootcert={missing}",
        PGPASSWORD=SECRET,
    )
    checks = by_code(found)
    assert checks["password"].origin == "environment PGPASSWORD"
    assert checks["sslmode"].value == "verify-full"
    assert checks["certificate"].level is Level.ERROR and found.exit_code == 2


def pooler_url(user: str) -> str:
    return f"postgresql://{user}@aws-0-eu-central-1.pooler.supabase.com:5432/postgres?hostaddr=127.0.0.1"


def test_an_address_that_leaves_the_machine_is_asked_to_be_encrypted(project: Path) -> None:
    port = free_port()
    target = f"postgresql://me@db.example.com:{port}/x?hostaddr=127.0.0.1&connect_timeout=2"
    checks = by_code(look(project, target))
    assert checks["sslmode"].level is Level.WARNING and "sslmode=require" in str(checks["sslmode"].next)
    checks = by_code(look(project, f"{target}&sslmode=require"))
    assert checks["sslmode"].level is Level.NOTE
