"""The Supabase baseline: what the hosted side refuses `postgres` is refused, what it allows is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.platform.standins import named_extensions, stand_ins
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import read_head
from support.servers.pgservers import MAJORS

ALLOWED = [
    "CREATE POLICY p ON storage.objects FOR SELECT USING (bucket_id = 'a' AND auth.uid() = owner)",
    "CREATE POLICY p ON storage.objects USING (true); ALTER POLICY p ON storage.objects USING (false)",
    "CREATE POLICY p ON realtime.messages FOR SELECT USING (realtime.topic() = 'x')",
    "DO $$ BEGIN CREATE POLICY p ON storage.buckets USING (true); DROP POLICY p ON storage.buckets; END $$",
    "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
    "CREATE TRIGGER t AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.f();"
    "DROP TRIGGER t ON auth.users",
    "CREATE TABLE public.a (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE);"
    "ALTER PUBLICATION supabase_realtime ADD TABLE public.a",
    "ALTER ROLE authenticator SET pgrst.db_schemas = 'public, api'",
    "ALTER ROLE anon SET statement_timeout = '3s'",
    "GRANT USAGE ON SCHEMA cron TO anon; SELECT cron.schedule('a', '* * * * *', 'SELECT 1')",
    "INSERT INTO storage.buckets (id, name, public) VALUES ('a', 'a', true)",
    "INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'a@example.com')",
    "SELECT vault.create_secret('x', 'name')",
    "SELECT extensions.uuid_generate_v4(), extensions.crypt('a', extensions.gen_salt('bf'))",
    "SELECT uuid_generate_v4(), digest('a', 'sha256')",
    "SET session_replication_role = replica",
    "CREATE EXTENSION pg_trgm WITH SCHEMA extensions; CREATE EXTENSION hstore; DROP EXTENSION hstore",
    "CREATE EXTENSION IF NOT EXISTS pg_cron WITH SCHEMA pg_catalog;"
    "SELECT cron.unschedule(cron.schedule('* * * * *', ''))",
    "CREATE EXTENSION pg_net WITH SCHEMA extensions; SELECT net.http_post(url := 'http://a', body := '{}')",
    """COMMENT ON EXTENSION "uuid-ossp" IS 'x'; DROP EXTENSION "uuid-ossp" """,
    "ALTER SCHEMA public OWNER TO pg_database_owner",
    "ALTER DATABASE postgres SET statement_timeout = '1min'",
]

REFUSED = {
    "ALTER TABLE storage.objects ADD COLUMN x int": "must be owner of table objects",
    "ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY": "must be owner of table objects",
    "DO $$ BEGIN ALTER TABLE auth.users ADD COLUMN x int; END $$": "must be owner of table users",
    "DROP TABLE storage.objects": "must be owner of table objects",
    "DROP FUNCTION auth.uid()": "must be owner of function auth.uid",
    "DROP SCHEMA storage CASCADE": "must be owner of schema storage",
    "CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'": (
        "must be owner of function uid"
    ),
    "CREATE INDEX ON auth.users (email)": "must be owner of table users",
    "CREATE FUNCTION auth.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'": "permission denied for schema auth",
    "SET session_replication_role = replica; CREATE TABLE storage.mine ()": (
        "permission denied for schema storage"
    ),
    "COMMENT ON TABLE auth.users IS 'x'": "must be owner of table users",
    "CREATE TABLE vault.mine ()": "permission denied for schema vault",
    "UPDATE cron.job SET active = false": "permission denied for table job",
    "CREATE EXTENSION pageinspect": 'permission denied to create extension "pageinspect"',
    "CREATE ROLE boss SUPERUSER": None,
    "SET ROLE supabase_admin": 'permission denied to set role "supabase_admin"',
    "COPY (SELECT 1) TO PROGRAM 'true'": None,
    "ALTER DATABASE postgres SET app.secret = 'x'": 'permission denied to set parameter "app.secret"',
}


@pytest.fixture(params=MAJORS)
def scratch(request: pytest.FixtureRequest, pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(request.param, supabase())) as database:
        yield database


def test_what_the_platform_allows_and_refuses(scratch: Scratch) -> None:
    with scratch.connect("postgres", autocommit=False) as connection:
        for sql in ALLOWED:
            connection.execute(sql.encode())
            connection.rollback()
        for sql, message in REFUSED.items():
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                connection.execute(sql.encode())
            assert message is None or refused.value.diag.message_primary == message
            connection.rollback()


def test_every_stand_in_can_be_created_by_postgres(scratch: Scratch) -> None:
    with scratch.connect("postgres", autocommit=False) as connection:
        for name in sorted(stand_ins()):
            connection.execute(f'DROP EXTENSION IF EXISTS "{name}" CASCADE'.encode())
            connection.execute(f'CREATE EXTENSION "{name}" CASCADE'.encode())
            made = connection.execute(
                "SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid"
                " WHERE e.extname = %s AND d.deptype = 'e'",
                (name,),
            ).fetchone()
            only_a_name = "Only its name" in stand_ins()[name].sql and name in scratch.server.stood_in
            assert made is not None
            assert (made[0] == 0) == only_a_name, name
            connection.rollback()


def test_statements_that_the_platform_elevates(scratch: Scratch) -> None:
    with scratch.connect("postgres") as connection:
        connection.execute(
            "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END'"
        )
        for sql in (
            "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION public.e()",
            "CREATE PUBLICATION everything FOR ALL TABLES",
            "CREATE FOREIGN DATA WRAPPER mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.encode())
            assert scratch.server.powers is not None
            for part in scratch.server.powers.sent(read_head(sql)):
                connection.execute(part)
        owners = connection.execute(
            "SELECT evtowner::regrole::text FROM pg_event_trigger WHERE evtname = 'mine'"
            " UNION ALL SELECT pubowner::regrole::text FROM pg_publication WHERE pubname = 'everything'"
            " UNION ALL SELECT fdwowner::regrole::text FROM pg_foreign_data_wrapper WHERE fdwname = 'mine'"
        ).fetchall()
        assert owners == [("postgres",)] * 3
        still = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'").fetchone()
        assert still == (False,)


def test_stand_ins_compute_what_sql_can(scratch: Scratch) -> None:
    with scratch.connect("postgres") as connection:
        row = connection.execute(
            "SELECT encode(extensions.hmac('what do ya want for nothing?', 'Jefe', 'sha256'), 'hex'),"
            " extensions.uuid_generate_v3(extensions.uuid_ns_dns(), 'www.example.com')::text,"
            " extensions.crypt('a', h) = h, extensions.crypt('b', h) = h"
            " FROM extensions.crypt('a', extensions.gen_salt('bf')) h"
        ).fetchone()
    # RFC 4231, test case 2; RFC 9562 has the v3 example of its predecessor.
    assert row == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "5df41881-3aed-3515-88a7-2f4a814cf09e",
        True,
        False,
    )


def test_stood_in_geometry_keeps_its_type_modifier(pg_server: Callable[..., ShadowServer]) -> None:
    server = pg_server(18, supabase())
    assert "postgis" in server.stood_in
    with new_database(server) as scratch, scratch.connect("postgres") as connection:
        connection.execute("CREATE EXTENSION postgis WITH SCHEMA extensions")
        connection.execute(
            "CREATE TABLE public.places (at geography(Point, 4326), area geometry(MultiPolygonZ))"
        )
        connection.execute("CREATE INDEX places_at ON public.places USING gist (at)")
        connection.execute("INSERT INTO public.places VALUES (st_point(1, 2)::geography, NULL)")
        found = connection.execute(
            "SELECT array_agg(atttypmod ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = 'public.places'::regclass AND attnum > 0"
        ).fetchone()
    assert found == ([4326 << 8 | 1 << 2, 6 << 2 | 2],)


def test_a_project_without_default_privileges(pg_server: Callable[..., ShadowServer]) -> None:
    answers = []
    for given in (True, False):
        server = pg_server(18, supabase(default_privileges=given))
        with new_database(server) as scratch, scratch.connect("postgres") as connection:
            connection.execute("CREATE TABLE public.a ()")
            answers.append(
                connection.execute("SELECT has_table_privilege('anon', 'public.a', 'select')").fetchone()
            )
    assert answers == [(True,), (False,)]
    assert supabase().digest != supabase(default_privileges=False).digest


def test_extensions_named_in_sql() -> None:
    text = 'create extension if not exists "uuid-ossp" schema x; DO $$ BEGIN CREATE EXTENSION  Vector; END $$'
    assert named_extensions(text) == {"uuid-ossp", "vector"}
