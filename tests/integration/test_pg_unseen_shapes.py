"""Shapes that real Supabase projects have, made-up ones lack: what is said of them, and whether it helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.core.migration import Migration
from landed.engines.postgres.catalog.scope import SUPABASE
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from support.process.landed_process import Landed


class Project:
    """A folder with migrations, a database of its own, and landed."""

    def __init__(self, folder: Path, database: Scratch) -> None:
        server = database.server
        self.database = database
        self.migrations = folder / "supabase" / "migrations"
        self.migrations.mkdir(parents=True)
        (folder / "supabase" / "config.toml").write_text('project_id = "a-test"\n')
        url = f"postgresql://{server.role}@/{database.name}?host={server.host}&port={server.port}"
        ceiling = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
        self.landed = Landed(folder, folder.parent / "cache", LANDED_TARGET=url, **ceiling)

    def apply(self, **files: str) -> None:
        for name, text in files.items():
            (self.migrations / f"{name.removeprefix('f')}.sql").write_text(text)
        self.landed("apply", "--yes")

    def sql(self, text: str) -> None:
        with self.database.connect(self.database.server.role) as connection:
            connection.execute(text.encode())

    def special(self) -> dict[str, str]:
        found = self.landed("status").body["migrations"]
        return {m["version"]: m["standing"] for m in found if m["standing"] != "ok"}


@pytest.fixture
def project(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> Iterator[Project]:
    with new_database(pg_server(18, supabase())) as database:
        yield Project(tmp_path / "project", database)


def test_an_old_file_is_resumed_though_later_ones_changed_what_it_made(project: Project) -> None:
    project.apply(
        f1_first="""CREATE TABLE t (id int, open boolean NOT NULL DEFAULT false, note text);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY reads ON t FOR SELECT USING (open);""",
        f2_second="""ALTER TABLE t ALTER COLUMN open SET DEFAULT true; ALTER TABLE t DROP COLUMN note;
            REVOKE ALL ON t FROM anon; ALTER POLICY reads ON t USING (open AND id > 0);""",
    )
    assert project.special() == {}
    project.sql("DROP POLICY reads ON t")
    assert project.special() == {"1": "partial", "2": "partial"}
    # Who took the policy away has shut the table: letting people in again is named.
    project.landed("resume", "1", "--yes", code=4)
    allow = ("--allow", "open-access:public.t.reads")
    assert project.landed("resume", "1", "--yes", *allow).code == 0
    assert project.special() == {"2": "partial"}
    assert project.landed("resume", "2", "--yes", *allow).code == 0
    assert project.special() == {}


def test_what_was_added_by_hand_is_taken_away(project: Project) -> None:
    project.apply(
        f1_first="""CREATE SCHEMA private;
            CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION g() SET SCHEMA private;
            SELECT 1;"""
    )
    project.sql("ALTER FUNCTION f() SET work_mem = '9MB'")
    assert project.landed("resume", "--yes").code == 0
    assert project.special() == {}
    project.sql("ALTER FUNCTION private.g() SET work_mem = '9MB'")
    (partial,) = project.landed("status").body["migrations"]
    assert partial["standing"] == "partial" and partial["next"] == "landed resume 1_first.sql"
    project.landed("resume", "--yes")
    assert project.special() == {}


def test_what_was_added_by_hand_does_not_make_a_file_one_that_never_ran(project: Project) -> None:
    project.apply(
        f1_first="CREATE OR REPLACE VIEW v AS SELECT 1 AS a;",
        f2_second="""CREATE TABLE IF NOT EXISTS t (i int); CREATE OR REPLACE VIEW v AS SELECT 1 AS a;
            ALTER VIEW v SET (security_invoker = true);""",
    )
    project.sql("ALTER VIEW v SET (security_barrier = true)")
    assert "phantom" not in project.special().values()
    assert project.special() != {}


def test_a_file_drops_an_extension_that_projects_were_once_made_with(
    pg_server: Callable[..., ShadowServer],
) -> None:
    text = 'DROP EXTENSION pg_graphql; DROP EXTENSION "pgjwt"; DROP EXTENSION hstore; DROP EXTENSION pgsodium'
    with new_database(pg_server(18, supabase())) as scratch:
        (step,) = replay_all(scratch, SUPABASE, [Migration("1_a.sql", "1", "1_a.sql", text, parse)])
    assert [failure.statement for failure in step.failures] == [3]
    gone = {str(change.key.object) for change in step.traces[0].effects if change.after is None}
    assert "extension pg_graphql" in gone


def test_a_file_asks_for_a_version_of_an_extension_that_only_the_platform_has(
    pg_server: Callable[..., ShadowServer],
) -> None:
    text = """create extension if not exists "hstore" with schema "extensions" version '0.9';
        CREATE TABLE t (h extensions.hstore);
        CREATE EXTENSION "pgmq" VERSION '1.4.4'; SELECT pgmq.create('jobs');
        GRANT SELECT ON pgmq.q_jobs TO anon;
        CREATE EXTENSION hstore VERSION '1.8';
        CREATE EXTENSION no_such VERSION '1'"""
    with new_database(pg_server(18, supabase())) as scratch:
        (step,) = replay_all(scratch, SUPABASE, [Migration("1_a.sql", "1", "1_a.sql", text, parse)])
    assert [failure.statement for failure in step.failures] == [6, 7]
    assert step.failures[0].message == 'extension "hstore" already exists (42710)'
    assert "not available" in step.failures[1].message
    versions = {
        change.key.name: change.after
        for trace in step.traces
        for change in trace.effects
        if (change.key.kind, change.key.prop) == ("extension", "version")
    }
    assert versions == {"hstore": "0.9", "pgmq": "1.4.4"}


def test_a_version_of_an_extension_is_asked_for_where_there_are_rows(project: Project) -> None:
    text = "CREATE EXTENSION vector VERSION '0.0.1'; CREATE TABLE t (v vector(3));"
    (project.migrations / "1_a.sql").write_text(text)
    assert "FAILS" not in project.landed.plain("rehearse").stdout


def test_a_dump_names_what_projects_no_longer_come_with(project: Project) -> None:
    dump = 'CREATE EXTENSION IF NOT EXISTS "pgsodium" WITH SCHEMA "pgsodium";'
    project.apply(f1_first="CREATE TABLE t (i int);")
    (project.migrations / "2_dump.sql").write_text(f"{dump}\nCREATE TABLE u (i int);")
    refused = project.landed("apply", "--yes", code=1).error
    assert 'schema "pgsodium" does not exist' in refused["message"]
    # As it came to be when the platform still had it, which then took it away.
    project.sql("CREATE TABLE u (i int); INSERT INTO supabase_migrations.schema_migrations VALUES ('2')")
    assert project.special() == {}
    project.landed("drift", "files", "target", code=0)
    project.sql("CREATE EXTENSION pgsodium")
    assert project.special() == {}


def test_a_secret_of_the_vault_is_referred_to(pg_server: Callable[..., ShadowServer]) -> None:
    text = "CREATE TABLE t (id uuid REFERENCES vault.secrets (id) ON DELETE SET NULL)"
    with new_database(pg_server(18, supabase())) as scratch:
        (step,) = replay_all(scratch, SUPABASE, [Migration("1_a.sql", "1", "1_a.sql", text, parse)])
    assert step.failures == ()


def test_what_a_missing_statement_uses_up_is_made_again(project: Project) -> None:
    project.apply(
        f1_diff="""CREATE TABLE t (id int NOT NULL, a int); CREATE TABLE other (i int);
            CREATE UNIQUE INDEX t_pkey ON t (id);
            ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;
            ALTER TABLE t ADD COLUMN once int; ALTER TABLE t RENAME COLUMN once TO now;
            CREATE TABLE draft (i int); ALTER TABLE draft RENAME TO fair"""
    )
    for damage in (
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t DROP COLUMN now",
        "DROP TABLE fair",
        "DROP TABLE t",
    ):
        project.sql(damage)
        assert project.special() == {"1": "partial"}, damage
        project.landed("resume", "--yes")
        assert project.special() == {}, damage


def test_a_property_changed_by_hand_does_not_show_that_its_file_never_ran(project: Project) -> None:
    project.apply(
        f1_first="CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f2_value="ALTER TYPE e ADD VALUE 'b'",
        f3_body="CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 3'",
        f4_body="CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 4'",
    )
    project.sql("ALTER TYPE e ADD VALUE 'by hand'")
    assert project.special() == {"2": "partial"}
    assert "resume" not in project.landed("status").migration("2_value.sql")["next"]
    project.sql("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 5'")
    assert project.special() == {"2": "partial", "4": "partial"}
    project.sql("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert project.special() == {"2": "partial", "3": "phantom", "4": "phantom"}


def test_an_extension_that_a_dashboard_made_is_no_sign_of_a_file(project: Project) -> None:
    for name, text in {
        "1_a": "CREATE TABLE t (a int, b int)",
        "2_b": "CREATE EXTENSION IF NOT EXISTS pg_net; ALTER TABLE t ADD COLUMN c int",
        "3_c": "ALTER TABLE t DROP COLUMN c; ALTER TABLE t RENAME COLUMN a TO d",
        "4_d": "CREATE EXTENSION IF NOT EXISTS pg_cron",
    }.items():
        (project.migrations / f"{name}.sql").write_text(text)
    project.sql("CREATE EXTENSION pg_net")
    assert project.special() == dict.fromkeys("1234", "pending")
    project.landed("apply", "--yes")
    assert project.special() == {}


def test_the_printed_commands_lead_out_where_a_table_went_that_others_refer_to(project: Project) -> None:
    project.apply(
        f1_parent="CREATE TABLE parent (id int PRIMARY KEY)",
        f2_child="CREATE TABLE child (id int); ALTER TABLE child ADD COLUMN p int REFERENCES parent",
        f3_more="CREATE TABLE other (i int); ALTER TABLE parent ADD COLUMN more int",
    )
    project.sql("DROP TABLE parent CASCADE")
    assert project.special() == {"1": "phantom", "2": "partial", "3": "partial"}
    for _ in range(4):
        told = project.landed.plain("status").stdout.splitlines()[-1]
        assert told.startswith("Next: landed "), told
        project.landed.follow(told.removeprefix("Next: "), "--yes", code=0)
    assert project.special() == {}


def test_rows_of_an_extension_that_a_file_drops_are_named(project: Project) -> None:
    project.sql("CREATE EXTENSION pg_cron")
    project.apply(
        f1_first="CREATE EXTENSION pgmq; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    (project.migrations / "2_drop.sql").write_text("SELECT f(); DROP EXTENSION pgmq; DROP EXTENSION pg_cron;")
    project.sql("SELECT cron.schedule('nightly', '0 0 * * *', 'SELECT 1')")
    refused = project.landed("apply", "--yes", code=4).error
    (told,) = (line for line in refused["details"] if line.startswith("table "))
    assert "cron.job" in told and "pg_cron" in told and "1 row" in told
    project.sql("SELECT cron.unschedule('nightly')")
    project.landed("apply", "--yes")
    assert project.special() == {}
