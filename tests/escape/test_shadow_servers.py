"""Files are replayed on somebody's server only by a login that can do nothing there but make databases."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed
from support.servers.pgservers import LENT, lent_role
from support.walls.escaping import Canary, canary

PASSWORD = "sehr-geheim-7"
NO_MORE = "landed_no_more"


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    """A server with a bystander's database, and roles that have to give a password."""
    found = pg_server(18)
    hba = Path(found.host).parent / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"local all {NO_MORE},landed_scram scram-sha-256\n{before}")
    with found.connect("postgres") as admin:
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("CREATE DATABASE bystander")
        admin.execute(f"CREATE ROLE landed_scram LOGIN CREATEDB PASSWORD '{PASSWORD}'".encode())
        admin.execute("CREATE ROLE landed_between")
        lent_role(found)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url(found, "landed_scram", "wrong"))  # it really asks for one
        try:
            yield found
        finally:
            hba.write_text(before)
            admin.execute("SELECT pg_reload_conf()")
            admin.execute("DROP DATABASE bystander")
            for name in databases(found):
                if name.startswith("landed_shadow_t_"):
                    admin.execute(f"DROP DATABASE {name}".encode())
            for role in ("landed_scram", "landed_between"):
                admin.execute(f"DROP ROLE {role}".encode())


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("space") / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "1_a.sql").write_text("CREATE TABLE t (id int);\n")
    (folder / "landed.toml").write_text('migrations = "migrations"\n')
    return folder


def landed(space: Path, **environ: str) -> Landed:
    return Landed(space, space.parent / "cache", LANDED_NO_CACHE="1", **environ)


def url(
    server: ShadowServer, user: str, password: str = "", database: str = "postgres", more: str = ""
) -> str:
    login = f"{user}:{password}" if password else user
    return f"postgresql://{login}@/{database}?host={server.host}&port={server.port}{more}"


POWERS = {
    "superuser": ("SUPERUSER", "it is a superuser"),
    "createrole": ("CREATEROLE", "it may make roles"),
    "replication": ("REPLICATION", "it may replicate"),
    "bypassrls": ("BYPASSRLS", "it goes past row level security"),
}
PREDEFINED = [
    "pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "pg_signal_backend",
    "pg_read_all_data", "pg_write_all_data", "pg_monitor", "pg_create_subscription", "pg_maintain",
    "pg_checkpoint", "pg_database_owner", "landed_between",
]  # fmt: skip


@contextlib.contextmanager
def changed(server: ShadowServer, do: str, undo: str, database: str = "postgres") -> Iterator[None]:
    with server.connect(database) as admin:
        admin.execute(do.encode())
        try:
            yield
        finally:
            admin.execute(undo.encode())


def refused(server: ShadowServer, space: Path, why: str, target: str = "") -> None:
    """Neither on the server that is named nor on the target's own."""
    before = databases(server)
    lent = url(server, LENT)
    for words in (
        ("--shadow", lent, "rehearse", "--target", url(server, server.superuser, database="bystander")),
        ("--shadow", "same-server", "status", "--target", lent),
    ):
        answer = landed(space)(*words, code=2)
        told = [answer.error["message"], *answer.error["details"]]
        assert any(why in line for line in told), answer
        assert f"CREATE ROLE {LENT} LOGIN CREATEDB" in answer.error["next"]
    assert databases(server) == before


def databases(server: ShadowServer) -> set[str]:
    with server.connect("postgres") as admin:
        return {name for (name,) in admin.execute("SELECT datname FROM pg_database")}


@pytest.mark.parametrize("power", POWERS)
def test_a_mighty_login_is_refused(server: ShadowServer, space: Path, power: str) -> None:
    word, why = POWERS[power]
    with changed(server, f"ALTER ROLE {LENT} {word}", f"ALTER ROLE {LENT} NO{word}"):
        refused(server, space, why)


@pytest.mark.parametrize("role", [r for r in PREDEFINED if r != "pg_database_owner"])
def test_a_member_of_any_role_is_refused(server: ShadowServer, space: Path, role: str) -> None:
    with changed(server, f"GRANT {role} TO {LENT}", f"REVOKE {role} FROM {LENT}"):
        refused(server, space, f"it is a member of {role}")


def test_a_membership_without_set_and_inherit_is_one(server: ShadowServer, space: Path) -> None:
    grant = f"GRANT pg_monitor TO {LENT} WITH INHERIT FALSE, SET FALSE, ADMIN TRUE"
    with changed(server, grant, f"REVOKE pg_monitor FROM {LENT}"):
        refused(server, space, "it is a member of pg_monitor")


ELSEWHERE = {
    "owns-a-database": (f"ALTER DATABASE bystander OWNER TO {LENT}",
                        "ALTER DATABASE bystander OWNER TO postgres"),
    "create-on-a-database": (
        f"GRANT CREATE ON DATABASE bystander TO {LENT}", f"REVOKE ALL ON DATABASE bystander FROM {LENT}",
    ),
    "connect-to-a-database": (
        f"GRANT CONNECT ON DATABASE bystander TO {LENT}", f"REVOKE ALL ON DATABASE bystander FROM {LENT}",
    ),
    "owns-a-table": (f"CREATE TABLE x (); ALTER TABLE x OWNER TO {LENT}", "DROP TABLE x"),
    "may-read-a-table": (f"CREATE TABLE x (); GRANT SELECT ON x TO {LENT}", "DROP TABLE x"),
    "may-use-a-schema": (f"CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO {LENT}", "DROP SCHEMA s"),
    "runs-by-a-policy": (f"CREATE TABLE x (); CREATE POLICY p ON x TO {LENT}", "DROP TABLE x"),
    "owns-a-large-object": (
        f"SELECT lo_create(7); ALTER LARGE OBJECT 7 OWNER TO {LENT}", "SELECT lo_unlink(7)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("right", ELSEWHERE)
def test_rights_in_another_database_are_refused(server: ShadowServer, space: Path, right: str) -> None:
    do, undo = ELSEWHERE[right]
    with changed(server, do, undo, "bystander"):
        refused(server, space, "it has rights in the database bystander")


WHOLE = {
    "alter-system": (
        f"GRANT ALTER SYSTEM ON PARAMETER work_mem TO {LENT}",
        f"REVOKE ALL ON PARAMETER work_mem FROM {LENT}",
    ),
    "tablespace": (
        f"GRANT CREATE ON TABLESPACE pg_default TO {LENT}",
        f"REVOKE ALL ON TABLESPACE pg_default FROM {LENT}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("right", WHOLE)
def test_rights_on_the_whole_server_are_refused(server: ShadowServer, space: Path, right: str) -> None:
    with changed(server, *WHOLE[right]):
        refused(server, space, "it has rights on the whole server")


def test_a_login_that_may_not_make_databases_is_told(server: ShadowServer, space: Path) -> None:
    with changed(server, f"ALTER ROLE {LENT} NOCREATEDB", f"ALTER ROLE {LENT} CREATEDB"):
        refused(server, space, "may not make databases")


def test_what_is_said_is_enough(server: ShadowServer, space: Path) -> None:
    """The statement of the message makes a role that may be used; its own database is no hindrance."""
    with server.connect("postgres") as admin:
        admin.execute(f"CREATE ROLE {NO_MORE} LOGIN CREATEDB PASSWORD '{PASSWORD}'".encode())
        admin.execute(f"CREATE DATABASE {NO_MORE} OWNER {NO_MORE}".encode())
        try:
            for database in ("postgres", NO_MORE):
                shadow = url(server, NO_MORE, PASSWORD, database)
                code = 0 if database == NO_MORE else 2
                answer = landed(space)(
                    "--shadow", shadow, "rehearse", "--target", url(server, "postgres"), code=code
                )
                assert PASSWORD not in answer.stdout + answer.stderr
            assert f"the database {NO_MORE}" in str(answer.body) or answer.code == 0
        finally:
            admin.execute(f"DROP DATABASE {NO_MORE}".encode())
            admin.execute(f"DROP ROLE {NO_MORE}".encode())


@pytest.mark.parametrize("way", ["url", "parameter", "PGPASSWORD", "passfile", "PGPASSFILE"])
def test_scram(server: ShadowServer, space: Path, tmp_path: Path, way: str) -> None:
    """A password reaches a server that asks for SCRAM, wherever libpq takes it from."""
    file = tmp_path / "pass"
    file.write_text(f"*:*:*:landed_scram:{PASSWORD}\n")
    file.chmod(0o600)
    given, environ = url(server, "landed_scram"), {}
    if way == "url":
        given = url(server, "landed_scram", PASSWORD)
    elif way == "parameter":
        given = url(server, "landed_scram", more=f"&password={PASSWORD}&require_auth=scram-sha-256")
    elif way == "passfile":
        given = url(server, "landed_scram", more=f"&passfile={file}")
    else:
        environ[way] = PASSWORD if way == "PGPASSWORD" else str(file)
    target = url(server, server.superuser, database="bystander")
    for words in (("rehearse",), ("status",)):
        answer = landed(space, **environ)("--target", target, "--shadow", given, *words)
        assert PASSWORD not in answer.stdout + answer.stderr
    wrong = landed(space, PGPASSWORD="other-than-that")(
        "--target", target, "--shadow", url(server, "landed_scram"), "rehearse", code=3
    )
    assert "other-than-that" not in wrong.stdout + wrong.stderr


FILES = {
    "landed.toml": '[shadow]\nserver = "{server}"\n',
    "pyproject.toml": '[tool.landed.shadow]\nserver = "{server}"\n',
    ".env": "LANDED_SHADOW={server}\n",
    ".env.local": 'LANDED_SHADOW="{server}"\n',
}


@pytest.mark.parametrize("what", ["url", "socket", "same-server"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_picks_no_server(server: ShadowServer, tmp_path: Path, name: str, what: str) -> None:
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "1_a.sql").write_text("CREATE TABLE t (id int);\n")
    with canary() as bird:
        shadow = {
            "url": f"postgresql://me@127.0.0.1:{bird.tcp_port}/postgres",
            "socket": f"postgresql://me@/postgres?host={bird.folder}",
            "same-server": "same-server",
        }[what]
        (folder / name).write_text(FILES[name].format(server=shadow))
        run = landed(folder, PGPASSWORD=PASSWORD, LANDED_MIGRATIONS="migrations")
        target = url(server, LENT)
        for words in (("rehearse",), ("status",), ("verify",), ("doctor",), ("apply", "--yes")):
            answer = run("--target", target, *words, code=2)
            told = str(answer.body)
            assert "LANDED_SHADOW" in told and name in told, answer
            bird.untouched(answer.stdout, answer.stderr)
            assert PASSWORD not in answer.stdout + answer.stderr
        # Whoever gives the option says something else.
        run("--target", target, "--shadow", "own", "rehearse")
        bird.untouched()


CLUSTER_WIDE = {
    "create-role": "CREATE ROLE landed_left;",
    "create-database": "CREATE DATABASE landed_left;",
    "drop-database": "DROP DATABASE bystander;",
    "alter-role": f"ALTER ROLE {LENT} PASSWORD 'x';",
    "alter-database": "ALTER DATABASE bystander SET work_mem = '1MB';",
    "in-a-block": "DO $$ BEGIN EXECUTE 'ALTER ROLE ' || current_user || ' PASSWORD ''x'''; END $$;",
    "alter-system": "ALTER SYSTEM SET work_mem = '4MB';",
    "tablespace": "CREATE TABLESPACE landed_left LOCATION '/tmp';",
}


@pytest.mark.parametrize("sql", CLUSTER_WIDE)
@pytest.mark.parametrize("command", ["rehearse", "status"])
def test_what_all_databases_share_is_not_replayed_there(
    server: ShadowServer, tmp_path: Path, sql: str, command: str
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1_a.sql").write_text(CLUSTER_WIDE[sql] + "\n")
    before = databases(server)
    answer = landed(tmp_path)(
        "--target", url(server, server.superuser, database="bystander"), "--migrations", "m",
        "--shadow", url(server, LENT), command, code=2,
    )  # fmt: skip
    assert "not landed's own" in answer.error["message"] and answer.error["where"] == "m/1_a.sql:1"
    assert databases(server) == before


ATTACKS = {
    "program": "CREATE TABLE x (a text); COPY x FROM PROGRAM 'touch {mark}';",
    "write": "CREATE TABLE x (a text); COPY x TO '{mark}';",
    "read": "CREATE TABLE x (a text); COPY x FROM '{secret}';",
    "read-function": "SELECT pg_read_file('{secret}');",
    "large-object": "SELECT lo_import('{secret}');",
    "language-c": "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '{mark}', 'f';",
    "untrusted": "CREATE EXTENSION plpython3u;",
    "dblink": "CREATE EXTENSION dblink; SELECT dblink_connect('host=127.0.0.1 port={port} password=y');",
    "fdw": "CREATE EXTENSION postgres_fdw;",
    "load": "LOAD '{mark}';",
    "subscription": "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port={port}' PUBLICATION p;",
    "event-trigger": (
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN COPY (SELECT 1) TO PROGRAM 'touch {mark}'; END $$;"
        "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION e();"
    ),
    "set-role": "SET ROLE postgres; CREATE TABLE x (a text); COPY x TO '{mark}';",
    "session-authorization": "SET SESSION AUTHORIZATION postgres; SELECT pg_read_file('{secret}');",
    "definer": (
        "CREATE FUNCTION d() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS"
        " $$ BEGIN COPY (SELECT 1) TO PROGRAM 'touch {mark}'; END $$; SELECT d();"
    ),
}


@pytest.mark.parametrize("kind", ["plain", "supabase"])
def test_files_have_no_power_on_a_server_that_is_lent(
    pg_server: Callable[..., ShadowServer], server: ShadowServer, tmp_path: Path, kind: str
) -> None:
    """All attacks in one history: each statement fails for itself, and the server goes on."""
    from landed.engines.postgres.shadow.platform.baseline import supabase

    behind = server if kind == "plain" else pg_server(18, supabase())
    lent_role(behind)
    folder = tmp_path / kind / "migrations"
    folder.mkdir(parents=True)
    if kind == "supabase":
        (tmp_path / "supabase" / "config.toml").write_text('project_id = "x"\n')
    with canary() as bird:
        for number, (name, sql) in enumerate(ATTACKS.items(), 1):
            text = sql.format(mark=bird.mark, secret=bird.secret_file, port=bird.tcp_port)
            (folder / f"2026010100{number:04}_{name.replace('-', '_')}.sql").write_text(text + "\n")
        target = url(behind, behind.superuser, database="postgres")
        for command in ("rehearse", "status"):
            answer = landed(tmp_path)(
                "--target",
                target,
                "--migrations",
                str(folder),
                "--shadow",
                url(behind, LENT),
                command,
                code=None,
            )
            assert answer.code in (0, 1), answer
            bird.untouched(answer.stdout, answer.stderr)
    with behind.connect("postgres") as admin:
        assert admin.execute("SELECT current_user").fetchone() is not None


def test_a_silent_server_sees_no_password_before_it_says_who_it_is(space: Path) -> None:
    """A server that a person names is given the password in an exchange; who does not speak gets nothing."""
    with Canary() as bird:
        answer = landed(space, PGPASSWORD=PASSWORD, PGCONNECT_TIMEOUT="2")(
            "--shadow", f"postgresql://me@127.0.0.1:{bird.tcp_port}/x?connect_timeout=2&sslmode=disable",
            "rehearse", "--target", f"postgresql://me@127.0.0.1:{bird.tcp_port}/x", code=3,
        )  # fmt: skip
        assert PASSWORD not in answer.stdout + answer.stderr
