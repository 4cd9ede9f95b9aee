"""The local D1 file, the configuration in force and the order of files: landed's against wrangler's."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from landed.project.discovery import discover
from landed.project.files import list_names
from landed.project.naming import resolve_target
from support.clients.wrangler import Wrangler, database_files

pytestmark = pytest.mark.wrangler

ID = "11111111-2222-3333-4444-555555555555"
PREVIEW = "99999999-2222-3333-4444-555555555555"


def touch(wrangler: Wrangler, db: str, *options: str) -> set[Path]:
    """Let wrangler open one local database; the database files that this created."""
    before = set(wrangler.project_dir.rglob("miniflare-D1DatabaseObject/*.sqlite"))
    wrangler.execute("CREATE TABLE IF NOT EXISTS t (a)", db, *options)
    after = set(wrangler.project_dir.rglob("miniflare-D1DatabaseObject/*.sqlite"))
    return {file for file in after - before if file.stem != "metadata"}


def expected(folder: Path, target: str, **flags: str) -> set[Path | None]:
    return {resolve_target(discover(folder, flags, {}), target).path}


@pytest.fixture
def several(tmp_path: Path) -> Wrangler:
    """One project with every kind of id, an environment, and a redirect that wrangler d1 does not follow."""
    generated = tmp_path / "dist" / "wrangler.json"
    generated.parent.mkdir()
    generated.write_text(
        json.dumps({"name": "x", "d1_databases": [{"binding": "PLAIN", "database_id": "generated"}]})
    )
    redirect = tmp_path / ".wrangler" / "deploy" / "config.json"
    redirect.parent.mkdir(parents=True)
    redirect.write_text(json.dumps({"configPath": "../../dist/wrangler.json"}))
    (tmp_path / "wrangler.toml").write_text(
        f"""
        name = "several"
        compatibility_date = "2026-01-01"
        [[d1_databases]]
        binding = "PLAIN"
        database_name = "plain-db"
        database_id = "{ID}"
        [[d1_databases]]
        binding = "PREVIEWED"
        database_name = "previewed-db"
        database_id = "{ID}"
        preview_database_id = "{PREVIEW}"
        [[d1_databases]]
        binding = "NAMED_ONLY"
        database_name = "named-db"
        [[env.staging.d1_databases]]
        binding = "PLAIN"
        database_name = "plain-db"
        database_id = "${{STAGING_ID}}"
        """
    )
    return Wrangler(tmp_path)


def test_every_kind_of_id_is_filed_where_landed_looks(several: Wrangler) -> None:
    folder = several.project_dir
    for binding in ("PLAIN", "PREVIEWED", "NAMED_ONLY"):
        assert touch(several, binding) == expected(folder, f"d1:local/{binding}"), binding


def test_the_environment_in_force_decides(several: Wrangler) -> None:
    folder = several.project_dir
    assert touch(several, "PLAIN", "--env=staging") == expected(folder, "d1:local", env="staging")
    (folder / ".env").write_text("export CLOUDFLARE_ENV='staging' # chosen here\n")
    assert touch(several, "PLAIN") == set(), "wrangler reads .env, so this is the same database again"
    assert resolve_target(discover(folder, {}, {}), "d1:local").database.environment == "staging"  # type: ignore[union-attr]


def test_persist_to(several: Wrangler) -> None:
    folder = several.project_dir
    elsewhere = str(folder / "state")
    assert touch(several, "PLAIN", "--persist-to=state") == expected(
        folder, "d1:local/PLAIN", persist_to=elsewhere
    )


def test_a_wrangler_json_above_wins_over_a_toml_nearby(tmp_path: Path) -> None:
    (tmp_path / "wrangler.json").write_text(
        '{"name": "x", "compatibility_date": "2026-01-01", /* no id */ "d1_databases": [{"binding": "DB"}],}'
    )
    near = tmp_path / "near"
    near.mkdir()
    (near / "wrangler.toml").write_text(
        f'name = "near"\n[[d1_databases]]\nbinding = "DB"\ndatabase_id = "{ID}"\n'
    )
    project = discover(near, {}, {})
    assert project.config_file == tmp_path / "wrangler.json"
    assert [note.code for note in project.notes] == ["other-config"]
    Wrangler(near).execute("CREATE TABLE t (a)")
    assert set(database_files(tmp_path / ".wrangler" / "state")) == {resolve_target(project).path}


PLAIN_NAMES = [
    "0002_x.sql",
    "1_a.sql",
    "01_b.sql",
    "10_c.sql",
    "9_b.sql",
    "2_a.sql",
    "2-b.sql",
    "-1_negative.sql",
    "+4_plus.sql",
    "1e3_exponent.sql",
    "0x10_hex.sql",
    "007.sql",
    "20240101120000_time.sql",
    "9007199254740993_b.sql",
    "9007199254740992_c.sql",
    "99999999999999999999_big.sql",
    "b.sql",
    "a.sql",
    "Z.sql",
    "_1.sql",
    "v1_init.sql",
    "é.sql",
    "\U0001f600.sql",
    "\uff5e.sql",
    "0003_x.down.sql",
]
NOT_TAKEN = [".hidden.sql", "UPPER.SQL", "4_x.sql.bak", "sub/5_x.sql", "meta/_journal.json"]


def test_files_are_taken_and_ordered_as_wrangler_does(wrangler_project: Callable[..., Wrangler]) -> None:
    wrangler = wrangler_project(dict.fromkeys(PLAIN_NAMES + NOT_TAKEN, "SELECT 1;"))
    folder = wrangler.project_dir / "migrations"
    os.symlink(folder / "1_a.sql", folder / "3_link.sql")
    listed = wrangler.list_unapplied()
    assert sorted(listed) == sorted(PLAIN_NAMES)
    assert list_names(folder) == listed


PATTERNS = {
    "m/{core,extra}/**/[0-9]*.sql": ["core/1_a.sql", "extra/deep/er/2_b.sql", "other/3_c.sql", "core/x.sql"],
    "m/*/migration.sql": ["10_a/migration.sql", "9_b/migration.sql", "1_c/other.sql", ".1_d/migration.sql"],
    "m/@(0|1)?_*.?(x)@(sql|ddl)": ["01_a.sql", "10_b.ddl", "11_e.xsql", "21_c.sql", "0_a.sql", "101_d.sql"],
    "m/{1..3}_*.sql": ["1_a.sql", "2_b.sql", "4_c.sql"],
    "m/**": ["1_a.sql", "notes.txt", "a/2_b.sql", "a/.b/3.sql", ".c/4.sql"],
    "m/[!a]*[^b].sql": ["a1.sql", "1a.sql", "1b.sql", "[c.sql"],
}


def test_patterns_mean_what_they_mean_to_wrangler(tmp_path: Path) -> None:
    """One database per pattern; all files of all patterns lie in one folder."""
    databases = [
        {"binding": f"DB{i}", "migrations_dir": "./m/", "migrations_pattern": pattern}
        for i, pattern in enumerate(PATTERNS)
    ]
    (tmp_path / "wrangler.json").write_text(
        json.dumps({"name": "x", "compatibility_date": "2026-01-01", "d1_databases": databases})
    )
    for name in (name for names in PATTERNS.values() for name in names):
        file = tmp_path / "m" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("SELECT 1;")
    wrangler = Wrangler(tmp_path)
    project = discover(tmp_path, {}, {})
    for i, pattern in enumerate(PATTERNS):
        target = resolve_target(project, f"d1:local/DB{i}")
        assert target.migrations_dir is not None
        assert target.migrations_pattern is not None
        ours = list_names(target.migrations_dir.value, target.migrations_pattern.value)
        assert ours == wrangler.list_unapplied(f"DB{i}"), pattern
        assert ours, pattern
