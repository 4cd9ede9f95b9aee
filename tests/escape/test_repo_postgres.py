# ruff: noqa: E501
"""Ways out of a replay from a repository's Postgres files: what a file's role may do, and what landed does for it.

All attacks are files of one history, so that each command runs all of them; each leaves a mark under its own
name. The target's login is no superuser: what ``apply`` runs there is the login's own business.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.core.migration import Migration
from landed.engines.postgres.catalog.scope import PLAIN as PLAIN_SCOPE
from landed.engines.postgres.catalog.scope import SUPABASE
from landed.engines.postgres.shadow.platform.baseline import PLAIN, Baseline, supabase
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server import walled
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import own_server
from landed.engines.postgres.sql.split import parse
from support.process.landed_process import Landed
from support.servers.pgservers import MAJORS, absent, binaries_of, remove_servers
from support.walls.escaping import Canary
from support.walls.walls_attacks import as_nobody

Server = Callable[..., ShadowServer]

RUN = "COPY (SELECT 1) TO PROGRAM 'cat > {mark}'"
"""What an attack runs once it has a superuser's rights."""
TRY = "BEGIN EXECUTE $x$" + RUN + "$x$; EXCEPTION WHEN OTHERS THEN NULL; END;"
"""The same inside of something else's work, where it keeps still when it fails."""
EVENT = (
    "CREATE FUNCTION public.{name}_f() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN "
    + TRY
    + " END $f$;"
    "CREATE EVENT TRIGGER {name} ON %s EXECUTE FUNCTION public.{name}_f();"
)
TRIGGER = (
    "CREATE FUNCTION public.{name}_t() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN "
    + TRY
    + " RETURN NEW; END $f$;"
)
VALIDATOR = (
    "CREATE FUNCTION %s(text[], oid) RETURNS void LANGUAGE plpgsql AS $f$ BEGIN " + TRY + " END $f$;"
    "CREATE FOREIGN DATA WRAPPER {name}_0;"
)
ACTS = (
    "CREATE FUNCTION public.{name}_listen() RETURNS event_trigger LANGUAGE plpgsql AS $f$ DECLARE q text; BEGIN"
    " INSERT INTO public.{name}_acts VALUES (current_query());"
    " FOR q IN SELECT a.q FROM public.{name}_acts a WHERE a.q LIKE '%landed_act%' LOOP"
    " BEGIN EXECUTE q; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $f$;"
)

ATTACKS = {
    # What only superusers and members of pg_*_server_* may do.
    "copy-to-program": RUN,
    "copy-from-program": "CREATE TABLE public.{name} (a text);"
    "COPY public.{name} FROM PROGRAM 'touch {mark}; echo 1'",
    "copy-to-file": "COPY (SELECT 1) TO '{mark}'",
    "copy-secret": "CREATE TABLE public.{name} (a text); COPY public.{name} FROM '{secret}';"
    "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT a FROM public.{name}); END $$",
    "in-a-do-block": "DO $$ BEGIN EXECUTE $x$" + RUN + "$x$; END $$",
    "read-file": "DO $$ BEGIN RAISE EXCEPTION '%', pg_read_file('{secret}'); END $$",
    "read-binary": "DO $$ BEGIN RAISE EXCEPTION '%', convert_from(pg_read_binary_file('{secret}'), 'UTF8'); END $$",
    "list-folder": "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT string_agg(f, ' ') FROM pg_ls_dir('{dir}') f); END $$",
    "large-object-out": "SELECT lo_export(lo_from_bytea(0, 'x'), '{mark}')",
    "large-object-in": "DO $$ BEGIN RAISE EXCEPTION '%', convert_from(lo_get(lo_import('{secret}')), 'UTF8'); END $$",
    "language-c": "CREATE FUNCTION public.{name}(text) RETURNS int LANGUAGE C STRICT AS 'libc.so.6', 'system';"
    "SELECT public.{name}('touch {mark}')",
    "language-internal": "CREATE FUNCTION public.{name}(oid, text) RETURNS int LANGUAGE internal AS 'be_lo_export';"
    "SELECT public.{name}(lo_from_bytea(0, 'x'), '{mark}')",
    "load": "LOAD 'libm.so.6'; LOAD '{mark}'",
    "untrusted-language": "CREATE EXTENSION plpython3u; DO LANGUAGE plpython3u $$ open('{mark}', 'w') $$",
    "file-fdw": "CREATE EXTENSION file_fdw; CREATE SERVER {name} FOREIGN DATA WRAPPER file_fdw;"
    "CREATE FOREIGN TABLE public.{name} (a text) SERVER {name} OPTIONS (program 'touch {mark}');"
    "SELECT * FROM public.{name}",
    "adminpack": "CREATE EXTENSION adminpack; SELECT pg_catalog.pg_file_write('{mark}', 'x', false)",
    "archive-command": "ALTER SYSTEM SET archive_command = 'touch {mark}'; SELECT pg_reload_conf(), pg_switch_wal()",
    "passphrase-command": "ALTER SYSTEM SET ssl_passphrase_command = 'touch {mark}'; SELECT pg_reload_conf()",
    "preloaded": "ALTER DATABASE postgres SET session_preload_libraries = '{mark}'",
    "tablespace": "CREATE TABLESPACE {name} LOCATION '{dir}'",
    # Ways to a superuser's rights.
    "role-superuser": "CREATE ROLE {name} SUPERUSER; GRANT {name} TO CURRENT_USER; SET ROLE {name};" + RUN,
    "alter-self": "ALTER ROLE CURRENT_USER SUPERUSER;" + RUN,
    "do-alter-self": "DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', current_user); EXECUTE $x$"
    + RUN
    + "$x$; END $$",
    "grant-program-role": "GRANT pg_execute_server_program TO CURRENT_USER;" + RUN,
    "program-role-by-another": "CREATE ROLE {name} CREATEROLE; SET ROLE {name};"
    "GRANT pg_execute_server_program TO {name};" + RUN,
    "created-in-program-role": "CREATE ROLE {name} IN ROLE pg_execute_server_program, pg_write_server_files;"
    "SET ROLE {name};" + RUN,
    "become-superuser": "SET ROLE landed_superuser;" + RUN,
    "become-admin": "GRANT supabase_admin TO CURRENT_USER; SET ROLE supabase_admin;" + RUN,
    "session-authorization": "SET SESSION AUTHORIZATION landed_superuser;" + RUN,
    "catalog-update": "UPDATE pg_catalog.pg_authid SET rolsuper = true;" + RUN,
    "lent-rights": "SELECT pg_catalog.landed_elevate();" + RUN,
    "forged-act": "SELECT pg_catalog.landed_act($j${{\"sql\": \"COPY (SELECT 1) TO PROGRAM 'touch {mark}'\"}}$j$, '', '')",
    "key": "DO $$ BEGIN RAISE EXCEPTION 'key-was-read %', pg_read_binary_file('landed.key'); END $$",
    "own-key": "CREATE ROLE {name}; ALTER FUNCTION pg_catalog.pg_read_binary_file(text) OWNER TO {name};"
    "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO {name}, CURRENT_USER; SET ROLE {name};"
    "DO $$ BEGIN RAISE EXCEPTION 'key-was-read %', pg_read_binary_file('landed.key'); END $$",
    "key-of-a-reader": "GRANT pg_read_all_data, pg_monitor TO CURRENT_USER; DO $$ BEGIN RAISE EXCEPTION"
    " 'key-was-read %', (SELECT string_agg(prosrc, '') FROM pg_proc WHERE prosrc LIKE '%363636%'); END $$;"
    "DO $$ BEGIN RAISE EXCEPTION 'key-was-read %', lo_import('landed.key'); END $$",
    "what-landed-remembers": "GRANT pg_write_all_data TO CURRENT_USER; " + EVENT % "ddl_command_end"
    + "DO $$ BEGIN INSERT INTO pg_seclabel VALUES (0, 'pg_event_trigger'::regclass, 0, 'landed', '1'); END $$;"
    "SECURITY LABEL FOR landed ON EVENT TRIGGER {name} IS 'A 10'; CREATE EXTENSION tcn",
    "own-functions": "CREATE ROLE {name}; ALTER FUNCTION pg_catalog.lo_export(oid, text) OWNER TO {name};"
    "ALTER FUNCTION lo_export(oid, text) OWNER TO {name};"
    "ALTER FUNCTION pg_catalog.landed_act(text, text, text) OWNER TO {name}; SET ROLE {name};"
    "SELECT lo_export(lo_from_bytea(0, 'x'), '{mark}')",
    "given-to-superuser": "CREATE FUNCTION public.{name}() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $f$ BEGIN "
    + TRY
    + " RETURN 1; END $f$; ALTER FUNCTION public.{name}() OWNER TO landed_superuser; SELECT public.{name}();"
    "ALTER FUNCTION public.{name}() OWNER TO supabase_admin; SELECT public.{name}()",
    "definer-of-a-stand-in": TRIGGER + "CREATE EXTENSION IF NOT EXISTS pg_tle;"
    "CREATE TRIGGER {name} BEFORE INSERT ON pgtle.standin_versions FOR EACH ROW EXECUTE FUNCTION public.{name}_t();"
    "SELECT pgtle.install_extension('{name}', '1', '', 'SELECT 1')",
    "definer-of-cron": TRIGGER + "CREATE EXTENSION IF NOT EXISTS pg_cron;"
    "CREATE TRIGGER {name} BEFORE INSERT ON cron.job FOR EACH ROW EXECUTE FUNCTION public.{name}_t();"
    "SELECT cron.schedule('{name}', '* * * * *', 'SELECT 1')",
    "operator-of-a-definer": "CREATE SCHEMA {name}; CREATE FUNCTION {name}.eq(text, text) RETURNS boolean"
    " LANGUAGE plpgsql AS $f$ BEGIN " + TRY + " RETURN true; END $f$;"
    "CREATE OPERATOR {name}.= (LEFTARG = text, RIGHTARG = text, FUNCTION = {name}.eq);"
    "CREATE EXTENSION IF NOT EXISTS pg_cron; SET search_path = {name}, pg_catalog, public;"
    "SELECT cron.unschedule('x'); SELECT pgtle.uninstall_extension('x')",
    "rows-of-auth": TRIGGER + "CREATE TRIGGER {name} BEFORE INSERT ON auth.users FOR EACH ROW"
    " EXECUTE FUNCTION public.{name}_t(); INSERT INTO auth.users (id) VALUES (gen_random_uuid())",
    # Event triggers and validators that fire while somebody mightier acts.
    "event-trigger-end": EVENT % "ddl_command_end" + "CREATE EXTENSION isn; CREATE FOREIGN DATA WRAPPER {name};"
    "CREATE PUBLICATION {name} FOR ALL TABLES; ALTER EXTENSION isn UPDATE; DROP EXTENSION isn",
    "event-trigger-start": EVENT % "ddl_command_start" + "CREATE EXTENSION isn;"
    "CREATE FOREIGN DATA WRAPPER {name}; DROP EXTENSION isn",
    "event-trigger-drop": EVENT % "sql_drop" + "CREATE EXTENSION isn; DROP EXTENSION isn CASCADE;"
    "CREATE SCHEMA IF NOT EXISTS cron; DROP EXTENSION IF EXISTS pg_cron; CREATE EXTENSION pg_cron",
    "event-trigger-always": EVENT % "ddl_command_end" + "ALTER EVENT TRIGGER {name} ENABLE ALWAYS;"
    "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; CREATE EXTENSION ltree",
    "event-trigger-login": EVENT % "login",
    "event-trigger-switched-on": EVENT % "ddl_command_end"
    + "CREATE FUNCTION public.{name}_on() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN"
    " ALTER EVENT TRIGGER {name} ENABLE ALWAYS; EXCEPTION WHEN OTHERS THEN NULL; END $f$;"
    "CREATE EVENT TRIGGER zz_{name} ON ddl_command_start EXECUTE FUNCTION public.{name}_on(); CREATE EXTENSION seg",
    "act-sent-again": "CREATE TABLE public.{name}_acts (q text);" + ACTS + EVENT % "ddl_command_end"
    + "CREATE EVENT TRIGGER aa_{name} ON ddl_command_start EXECUTE FUNCTION public.{name}_listen();"
    "DROP EVENT TRIGGER {name}; CREATE EVENT TRIGGER {name} ON ddl_command_end EXECUTE FUNCTION public.{name}_f();"
    "DROP EVENT TRIGGER {name}; CREATE EXTENSION cube; ALTER EVENT TRIGGER aa_{name} DISABLE",
    "validator": VALIDATOR % "public.{name}_v"
    + "CREATE FOREIGN DATA WRAPPER {name} VALIDATOR public.{name}_v OPTIONS (a 'b');"
    "ALTER FOREIGN DATA WRAPPER {name}_0 VALIDATOR public.{name}_v OPTIONS (ADD a 'b')",
    "validator-of-an-extension": "CREATE EXTENSION IF NOT EXISTS lo;" + VALIDATOR % "public.{name}_v"
    + "ALTER EXTENSION lo ADD FUNCTION public.{name}_v(text[], oid);"
    "CREATE FOREIGN DATA WRAPPER {name} VALIDATOR public.{name}_v",
    "validator-under-a-path": "CREATE SCHEMA {name}; SET search_path = {name}, pg_catalog, public;"
    + VALIDATOR % "{name}.postgresql_fdw_validator"
    + "CREATE FOREIGN DATA WRAPPER {name} VALIDATOR postgresql_fdw_validator",
    "function-of-a-script": "CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN "
    + TRY + " RETURN 'SELECT 1'; END $f$; CREATE EXTENSION wrappers SCHEMA public;"
    "CREATE EXTENSION pgtap SCHEMA public; CREATE EXTENSION postgis SCHEMA public; DROP FUNCTION public.format",
    # Code of a file's in the way of landed's own reading and seeding.
    "seeded-trigger": TRIGGER + "CREATE TABLE public.{name} (a int PRIMARY KEY, b text DEFAULT 'x'); CREATE TRIGGER"
    " {name} BEFORE INSERT OR UPDATE OR DELETE ON public.{name} FOR EACH ROW EXECUTE FUNCTION public.{name}_t()",
    "seeded-trigger-2": "UPDATE public.seeded_trigger SET b = 'y'",
    "seeded-default": "CREATE FUNCTION public.{name}() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN " + TRY
    + " RETURN 1; END $f$; CREATE TABLE public.{name} (a int PRIMARY KEY, b int DEFAULT public.{name}(),"
    " CHECK (public.{name}() > 0)); CREATE DOMAIN public.{name}_d AS int CHECK (public.{name}() > 0);"
    "ALTER TABLE public.{name} ADD d public.{name}_d",
    "seeded-default-2": "ALTER TABLE public.seeded_default ADD c int NOT NULL DEFAULT 1;"
    "UPDATE public.seeded_default SET c = 2",
    "cast-to-json": "CREATE TYPE public.{name} AS (a int); CREATE FUNCTION public.{name}_c(public.{name}) RETURNS json"
    " LANGUAGE plpgsql AS $f$ BEGIN " + TRY + " RETURN '1'; END $f$;"
    "CREATE CAST (public.{name} AS json) WITH FUNCTION public.{name}_c(public.{name});"
    "CREATE TABLE public.{name}_t (a public.{name}); INSERT INTO public.{name}_t VALUES (ROW(1)::public.{name})",
    "cast-to-json-2": "ALTER TABLE public.cast_to_json_t ADD b int; DELETE FROM public.cast_to_json_t",
    "index-on-a-function": "CREATE FUNCTION public.{name}(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $f$ BEGIN "
    + TRY + " RETURN 1; END $f$; CREATE TABLE public.{name}_t (a int);"
    "CREATE INDEX ON public.{name}_t (public.{name}(a)); ALTER TABLE public.{name}_t OWNER TO landed_owner;"
    "INSERT INTO public.{name}_t VALUES (1); ANALYZE public.{name}_t",
    "row-level-security": "CREATE FUNCTION public.{name}() RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN " + TRY
    + " RETURN true; END $f$; CREATE TABLE public.{name}_t (a int); ALTER TABLE public.{name}_t FORCE ROW LEVEL"
    " SECURITY, ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON public.{name}_t USING (public.{name}())",
    "row-level-security-2": "ALTER TABLE public.row_level_security_t ADD b int; UPDATE public.row_level_security_t"
    " SET b = 1",
    "settings-of-the-database": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog',"
    " current_database()); EXECUTE format('ALTER DATABASE %I SET row_security = on', current_database()); END $$;"
    "CREATE FUNCTION public.to_regproc(text) RETURNS regproc LANGUAGE plpgsql AS $f$ BEGIN " + TRY
    + " RETURN NULL; END $f$; CREATE FUNCTION public.to_regprocedure(text) RETURNS regprocedure LANGUAGE plpgsql"
    " AS $f$ BEGIN " + TRY + " RETURN NULL; END $f$",
    # Network.
    "dblink": "CREATE EXTENSION dblink; SELECT dblink_connect('host=127.0.0.1 port={tcp} dbname=x user=x password=x')",
    "dblink-in-do": "DO $$ BEGIN PERFORM dblink_exec('host=127.0.0.1 port={tcp} user=x password=x', 'SELECT 1'); END $$",
    "dblink-unix": "SELECT * FROM dblink('host={dir} dbname=x user=x password=x', 'SELECT 1') AS t (a int)",
    "dblink-itself": "SELECT dblink_exec('user=landed_superuser dbname=template1', $x$" + RUN + "$x$)",
    "postgres-fdw": "CREATE EXTENSION postgres_fdw; CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
    " (host '127.0.0.1', port '{tcp}'); CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS (user 'x',"
    " password 'x'); CREATE FOREIGN TABLE public.{name} (a int) SERVER {name}; SELECT * FROM public.{name};"
    "IMPORT FOREIGN SCHEMA x FROM SERVER {name} INTO public",
    "http": "CREATE EXTENSION http; SELECT http_get('http://127.0.0.1:{tcp}/')",
    "net": "CREATE EXTENSION IF NOT EXISTS pg_net; SELECT net.http_get('http://127.0.0.1:{tcp}/')",
    "subscription": "CREATE SUBSCRIPTION {name} CONNECTION 'host=127.0.0.1 port={tcp} user=x password=x' PUBLICATION p",
    "subscription-role": "GRANT pg_create_subscription TO CURRENT_USER;"
    "CREATE SUBSCRIPTION {name} CONNECTION 'host=127.0.0.1 port={tcp} user=x password=x' PUBLICATION p",
    "slot-loads-a-library": "SELECT pg_create_logical_replication_slot('{name}', '{mark}')",
    "temporary-slot": "SELECT pg_create_logical_replication_slot('{name}', '{mark}', true)",
    "signal": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
}  # fmt: skip


def files(canary: Canary) -> dict[str, str]:
    """The attacks as migration files."""
    made = {}
    for number, (attack, sql) in enumerate(ATTACKS.items()):
        name = attack.replace("-", "_")
        text = sql.format(
            name=name,
            mark=canary.folder / f"mark-{attack}",
            dir=canary.folder,
            secret=canary.secret_file,
            tcp=canary.tcp_port,
        )
        made[f"2024{number:010}_{name}.sql"] = text + ";\n"
    return made


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as made:
        yield made


@pytest.fixture(scope="module")
def unwalled() -> Iterator[Server]:
    """Servers of landed's own without the second wall: what holds there is the first one's doing."""
    folder = Path(tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as running:
        running.callback(remove_servers, folder)
        patch.setattr(walled, "UP", False)
        patch.setenv("LANDED_SHADOW_DIR", str(folder))

        def start(major: int, base: Baseline) -> ShadowServer:
            binaries = binaries_of(major)
            if binaries is None:
                (pytest.fail if os.environ.get("CI") else pytest.skip)(absent(major))
            return running.enter_context(own_server(binaries, major, base))

        yield start


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("base", [PLAIN, supabase()], ids=["plain", "supabase"])
def test_the_first_wall_holds_by_itself(unwalled: Server, canary: Canary, base: Baseline, major: int) -> None:
    """File by file, and again where a superuser's session comes into what they left."""
    made = [Migration(name, name[:14], name, text, parse) for name, text in files(canary).items()]
    server = unwalled(major, base)
    scope = SUPABASE if base.is_platform else PLAIN_SCOPE
    with new_database(server) as scratch:
        with scratch.connect() as admin:
            # Whoever has a superuser's rights gets out here: the attacks are not in vain because of something else.
            admin.execute(RUN.format(mark=canary.mark).encode())
            assert canary.mark.exists()
            canary.mark.unlink()
        steps = replay_all(scratch, scope, made)
        with scratch.connect() as admin:
            admin.execute("SELECT to_regproc('nothing'), to_regprocedure('nothing()')")
            admin.execute(
                "BEGIN; SELECT landed_quiet(); CREATE TABLE pg_temp.t (); SELECT landed_unquiet(); COMMIT"
            )
        replay_all(scratch, scope, made[:3])
    told = [failure.message for step in steps for failure in step.failures]
    canary.untouched(*told)
    assert [m for m in told if "key-was-read" in m and "<NULL>" not in m] == []
    # Most are refused in so many words: a history that was never tried would be silent.
    assert len([message for message in told if "42501" in message]) > 25


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody else; the other tests are that then"
)
def test_no_file_gets_out_for_an_ordinary_user(canary: Canary) -> None:
    """The server then runs as that user, whose files are all it could reach."""
    made = files(canary)

    def replayed() -> list[str]:
        history = [Migration(name, name[:14], name, text, parse) for name, text in made.items()]
        binaries = binaries_of(18)
        assert binaries is not None
        with own_server(binaries, 18, supabase()) as server, new_database(server) as scratch:
            steps = replay_all(scratch, SUPABASE, history)
        return [failure.message for step in steps for failure in step.failures]

    told = as_nobody(replayed)
    canary.untouched(*told)
    assert len([message for message in told if "42501" in message]) > 25


@pytest.mark.parametrize("base", [PLAIN, supabase()], ids=["plain", "supabase"])
def test_nothing_that_runs_with_its_owners_rights_is_a_superusers(pg_server: Server, base: Baseline) -> None:
    """But landed's own, which only signatures move; and no superuser's table takes a file's triggers."""
    with new_database(pg_server(18, base)) as scratch, scratch.connect(base.role) as connection:
        for name in (
            "pg_tle",
            "pg_cron",
            "pgmq",
            "supabase_vault",
            "pgsodium",
            "pg_graphql",
            "pg_net",
            "wrappers",
        ):
            connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE'.encode())
        functions = connection.execute(
            "SELECT p.proname FROM pg_proc p JOIN pg_roles a ON a.oid = p.proowner WHERE p.prosecdef AND a.rolsuper"
        ).fetchall()
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_roles a ON a.oid = c.relowner"
            " WHERE a.rolsuper AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f')"
            " AND has_table_privilege(c.oid, 'TRIGGER, INSERT, UPDATE, DELETE')"
        ).fetchall()
    assert {name for (name,) in functions} == {
        "landed_act", "landed_extension_starts", "landed_extension_ends"
    }  # fmt: skip
    assert tables == []


COMMANDS = (
    ("rehearse",),
    ("status",),
    ("verify", "--strict"),
    ("drift", "files", "target"),
    ("apply", "--yes"),
    ("doctor",),
)


@pytest.fixture(params=["plain", "supabase"])
def world(
    request: pytest.FixtureRequest, pg_server: Server, tmp_path: Path, canary: Canary
) -> Iterator[Landed]:
    """A project of these files, and a target whose login is no superuser."""
    plain = request.param == "plain"
    server = pg_server(18) if plain else pg_server(18, supabase())
    with new_database(server) as scratch:
        login = "escape_owner" if plain else "postgres"
        if plain:
            with scratch.connect() as admin:
                admin.execute("CREATE ROLE escape_owner LOGIN CREATEDB CREATEROLE")
                admin.execute(f'ALTER DATABASE "{scratch.name}" OWNER TO escape_owner'.encode())
        folder = tmp_path / "project"
        place = folder / "migrations" if plain else folder / "supabase" / "migrations"
        place.mkdir(parents=True)
        if not plain:
            (folder / "supabase" / "config.toml").write_text('project_id = "x"\n')
        for name, text in files(canary).items():
            (place / name).write_text(text, encoding="utf-8")
        url = f"postgresql://{login}@/{scratch.name}?host={server.host}&port={server.port}"
        migrations = {"LANDED_MIGRATIONS": "migrations"} if plain else {}
        yield Landed(folder, tmp_path / "cache", LANDED_TARGET=url, **migrations)
    if plain:
        with server.connect("postgres") as admin:
            admin.execute("DROP OWNED BY escape_owner CASCADE; DROP ROLE escape_owner")


def test_no_command_lets_a_file_out(world: Landed, canary: Canary) -> None:
    for command in COMMANDS:
        answer = world.plain(*command, code=None)
        canary.untouched(answer.stdout, answer.stderr)
        assert "landed itself failed" not in answer.stderr, answer.stderr


STRAY = (
    "DO $$ BEGIN EXECUTE 'ALT' || 'ER ROLE ' || quote_ident(current_user) || ' SET search_path = elsewhere'; END $$;"
    "DO $$ BEGIN EXECUTE 'CRE' || 'ATE RO' || 'LE left_behind SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END $$;"
    "DO $$ BEGIN EXECUTE 'CRE' || 'ATE RO' || 'LE left_behind'; EXECUTE 'ALT' || 'ER ROLE ALL SET row_security = off';"
    " EXCEPTION WHEN OTHERS THEN NULL; END $$"
)


@pytest.mark.parametrize("base", [PLAIN, supabase()], ids=["plain", "supabase"])
def test_one_repository_leaves_nothing_of_roles_to_the_next(pg_server: Server, base: Baseline) -> None:
    """Not even where no text shows that a file changes them: the server is everybody's who runs landed here."""

    def replayed(text: str) -> list[str]:
        with new_database(server) as scratch:
            (step,) = replay_all(scratch, PLAIN_SCOPE, [Migration("1_x.sql", "1", "1_x.sql", text, parse)])
        return [failure.message for failure in step.failures]

    server = pg_server(18, base)
    asks = (
        "DO $$ BEGIN RAISE EXCEPTION 'found: % %', current_setting('search_path'), (SELECT string_agg(rolname, ' ')"
        " FROM pg_roles WHERE rolname = 'left_behind'); END $$"
    )
    before = replayed(asks)
    assert replayed(STRAY) == []
    assert replayed(asks) == before
    assert "<NULL>" in before[0]
