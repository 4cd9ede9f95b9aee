"""Supabase projects found and read: configuration, project ref, addresses, and which target they make."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import ConfigError, UsageError
from landed.project.discovery import discover
from landed.project.naming import TargetSpec, resolve_target
from landed.project.outside import kept_back
from landed.project.pg_url import Dsn
from landed.project.supabase_config import linked_dsn, local_dsn, read_supabase
from landed.project.supabase_search import find_supabase

REF = "abcdefghijklmnopqrst"
OTHER = "tsrqponmlkjihgfedcba"
POOLER = f"postgresql://postgres.{REF}:[YOUR-PASSWORD]@aws-0-eu-central-1.pooler.supabase.com:6543/postgres"
CONFIG = """\
project_id = "shop"

[db]
port = 55555
major_version = 15
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").write_text(CONFIG)
    (tmp_path / "app").mkdir()
    return tmp_path


def link(root: Path, name: str, text: str) -> None:
    (root / "supabase" / ".temp").mkdir(exist_ok=True)
    (root / "supabase" / ".temp" / name).write_text(text + "\n")


def resolve(
    folder: Path, spec: str | None = None, environ: dict[str, str] | None = None, **flags: str
) -> TargetSpec:
    return resolve_target(discover(folder, flags, environ or {}), spec)


def dsn_of(target: TargetSpec) -> Dsn:
    assert target.dsn is not None
    return target.dsn


class TestLocal:
    def test_is_the_target_of_a_supabase_folder(self, shop: Path) -> None:
        target = resolve(shop / "app")
        assert (target.name, target.label, target.kind, target.mode) == (
            "supabase:local",
            "Supabase 127.0.0.1:55555/postgres (LOCAL)",
            "supabase",
            "postgres",
        )
        assert dsn_of(target).parameters() == {
            "host": "127.0.0.1",
            "port": 55555,
            "user": "postgres",
            "dbname": "postgres",
            "password": "postgres",
            **kept_back("none", None),
        }
        assert target.migrations_dir == (shop / "supabase" / "migrations", "supabase/")
        assert target.ledger_table.value == "supabase_migrations.schema_migrations"
        assert target.supabase and target.supabase.major == (15, "supabase/config.toml:5")

    def test_d1_stays_the_target_where_there_is_a_d1_database(self, shop: Path) -> None:
        (shop / "wrangler.toml").write_text('[[d1_databases]]\nbinding = "DB"\n')
        assert resolve(shop).name == "d1:local/DB"
        (shop / "wrangler.toml").write_text('name = "front"\n')
        assert resolve(shop).name == "supabase:local"

    def test_without_a_configuration(self, tmp_path: Path) -> None:
        (tmp_path / "supabase" / "migrations").mkdir(parents=True)
        target = resolve(tmp_path)
        assert (target.name, dsn_of(target).port) == ("supabase:local", 54322)
        assert find_supabase(tmp_path / "supabase" / "migrations") == tmp_path
        assert find_supabase(tmp_path.parent) != tmp_path

    def test_values_from_the_environment(self, shop: Path) -> None:
        (shop / "supabase" / "config.toml").write_text(
            '[db]\nport = "env(DB_PORT)"\nmajor_version = "env(NOT_SET)"\n'
        )
        (shop / "supabase" / ".env").write_text("DB_PORT=7777\n")
        project = discover(shop, {}, {})
        target = resolve_target(project)
        assert dsn_of(target).port == 7777
        assert target.supabase and target.supabase.port.origin == ".env DB_PORT, from supabase/config.toml:2"
        assert target.supabase.major is None

    @pytest.mark.parametrize("text", ['[db]\nport = "x"\n', "[db]\nport = true\n", "[db\n"])
    def test_a_wrong_file_is_told_with_its_place(self, shop: Path, text: str) -> None:
        (shop / "supabase" / "config.toml").write_text(text)
        with pytest.raises(ConfigError) as raised:
            resolve(shop, "supabase:local")
        assert (raised.value.where or "").startswith("supabase/config.toml:")


class TestLinked:
    def test_the_direct_host_of_the_linked_project(self, shop: Path) -> None:
        link(shop, "project-ref", REF)
        target = resolve(shop, "supabase:linked", {"SUPABASE_DB_PASSWORD": "p@ss/w%rd"})
        assert (target.label, target.locality) == (
            f"Supabase db.{REF}.supabase.co:5432/postgres (REMOTE)",
            "REMOTE",
        )
        assert target.belongs_to == REF
        dsn = dsn_of(target)
        assert dsn.parameters() == {
            "host": f"db.{REF}.supabase.co",
            "port": 5432,
            "user": "postgres",
            "dbname": "postgres",
            "sslmode": "require",
            **kept_back("passwords", None),
            "password": "p@ss/w%rd",
        }
        assert dsn.fallback is None
        assert "p@ss" not in repr(target)

    @pytest.mark.parametrize("name", ["NEXT_PUBLIC_SUPABASE_URL", "SUPABASE_URL", "VITE_SUPABASE_URL"])
    def test_the_project_from_the_apps_own_variables(self, shop: Path, name: str) -> None:
        (shop / ".env.local").write_text(
            f"{name}=https://{REF}.supabase.co\nSUPABASE_DB_PASSWORD='sec ret'\n"
        )
        dsn = dsn_of(resolve(shop / "app", "supabase:linked"))
        assert (dsn.project_ref, dsn.password, dsn.origin) == (REF, "sec ret", f".env.local {name}")

    def test_without_a_supabase_folder(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text(f"SUPABASE_URL=https://{REF}.supabase.co/\n")
        assert dsn_of(resolve(tmp_path, "supabase:linked")).project_ref == REF

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:54321",
            "https://evil.example.com/x.supabase.co",
            "https://short.supabase.co",
            "//[",
        ],
    )
    def test_what_is_no_hosted_project(self, shop: Path, url: str) -> None:
        with pytest.raises(UsageError, match="which Supabase project") as raised:
            resolve(shop, "supabase:linked", {"SUPABASE_URL": url})
        assert "supabase link" in (raised.value.next or "")

    def test_two_projects_are_told(self, shop: Path) -> None:
        link(shop, "project-ref", REF)
        target = resolve(shop, "supabase:linked", {"SUPABASE_URL": f"https://{OTHER}.supabase.co"})
        assert dsn_of(target).project_ref == REF
        (note,) = [n for n in target.notes if n.code == "two-projects"]
        assert REF in note.text and OTHER in note.text

    def test_the_stored_pooler_is_the_way_round_in_session_mode(self, shop: Path) -> None:
        link(shop, "project-ref", REF)
        link(shop, "pooler-url", POOLER)
        fallback = dsn_of(resolve(shop, "supabase:linked", {"SUPABASE_DB_PASSWORD": "x"})).fallback
        assert fallback is not None
        assert fallback.parameters() == {
            "host": "aws-0-eu-central-1.pooler.supabase.com", "port": 5432, "user": f"postgres.{REF}",
            "dbname": "postgres", "password": "x", "sslmode": "require", **kept_back("passwords", None),
        }  # fmt: skip

    @pytest.mark.parametrize(
        "stored",
        [
            f"postgresql://postgres.{REF}@pooler.supabase.com.example.com:6543/postgres",
            f"postgresql://postgres.{OTHER}@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            "not a url",
        ],
    )
    def test_a_stored_pooler_that_cannot_be_trusted_is_left_out(self, shop: Path, stored: str) -> None:
        link(shop, "project-ref", REF)
        link(shop, "pooler-url", stored)
        target = resolve(shop, "supabase:linked")
        assert dsn_of(target).fallback is None
        assert [n.code for n in target.notes] == ["pooler-url"]

    def test_the_users_own_pooler_is_used_alone(self, shop: Path) -> None:
        link(shop, "project-ref", REF)
        (shop / "landed.toml").write_text(f'pooler = "{POOLER}"\n')
        target = resolve(shop, "supabase:linked", {"SUPABASE_DB_PASSWORD": "x"})
        dsn = dsn_of(target)
        assert (dsn.port, dsn.user, dsn.password, dsn.fallback) == (5432, f"postgres.{REF}", "x", None)
        assert "session-port" in [n.code for n in target.notes]

    def test_an_old_pooler_of_another_user_is_no_fallback(self, shop: Path) -> None:
        link(shop, "project-ref", REF)
        link(shop, "pooler-url", "postgresql://postgres@aws-0-eu-central-1.pooler.supabase.com:6543/postgres")
        assert dsn_of(resolve(shop, "supabase:linked")).fallback is None


class TestOtherNames:
    def test_a_url_in_a_supabase_project(self, shop: Path) -> None:
        target = resolve(shop, "postgresql://u:secret@db.example.com:5433/shop?sslmode=require")
        assert (target.kind, target.locality) == ("supabase", "REMOTE")
        assert target.label == "Supabase db.example.com:5433/shop (REMOTE)"
        assert target.migrations_dir == (shop / "supabase" / "migrations", "supabase/")
        assert "secret" not in repr(target) + target.name + target.label

    def test_an_address_of_this_machine_may_be_a_tunnel(self, shop: Path) -> None:
        local = resolve(shop, "supabase:local")
        same = resolve(shop, "postgresql://postgres:postgres@127.0.0.1:55555/postgres")
        assert (local.locality, same.locality, same.address) == ("LOCAL", "LOOPBACK", local.address)
        assert (local.belongs_to, same.belongs_to) == ("shop", "shop")
        socket = resolve(shop, "postgresql:///shop?host=/run/postgresql")
        assert socket.label == "Supabase /run/postgresql:5432/shop (LOCAL)"
        folder = "/var/folders/a-long/way/to/the/folder/with/the/sockets"
        deep = resolve(shop, f"postgresql:///shop?host={folder}")
        assert (deep.label, deep.address) == ("Supabase …/sockets:5432/shop (LOCAL)", f"{folder}:5432/shop")

    def test_a_url_of_a_plain_project(self, tmp_path: Path) -> None:
        (tmp_path / "migrations").mkdir()
        (tmp_path / "migrations" / "1_a.sql").write_text("SELECT 1")
        target = resolve(tmp_path, "postgresql://localhost/shop", ledger="history.done")
        assert (target.kind, target.label) == ("postgres", "Postgres localhost:5432/shop (LOOPBACK)")
        assert target.migrations_dir == (tmp_path / "migrations", "found migrations/")
        assert target.ledger_table.value == "history.done"

    def test_pg_variables(self, tmp_path: Path) -> None:
        target = resolve(
            tmp_path, "postgres:", {"PGHOST": "db.example.com", "PGDATABASE": "shop", "PGPASSWORD": "secret"}
        )
        assert (target.label, dsn_of(target).password) == (
            "Postgres db.example.com:5432/shop (REMOTE)",
            "secret",
        )
        assert "secret" not in repr(target)

    def test_what_supabase_has_not(self, shop: Path) -> None:
        with pytest.raises(UsageError) as raised:
            resolve(shop, "supabase:remote")
        assert raised.value.next == "supabase:local or supabase:linked"


def test_nothing_read_is_shown(shop: Path) -> None:
    project = discover(shop, {}, {"SUPABASE_DB_PASSWORD": "hunter2hunter2", "PGPASSWORD": "hunter2hunter2"})
    read = read_supabase(shop, project.environ, {})
    assert read.password is not None
    assert (
        "hunter2"
        not in f"{project!r} {read!r} {read.password!r} {read.password.value} {read.password.value!s}"
    )
    assert linked_dsn(read, None) if read.ref else local_dsn(read).password == "postgres"
