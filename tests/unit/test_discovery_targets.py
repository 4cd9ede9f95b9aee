"""Names of targets, landed's own settings, and which of them wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import ConfigError, UsageError
from landed.project.discovery import discover
from landed.project.naming import TargetSpec, redact, resolve_target

TWO = """\
[[d1_databases]]
binding = "USERS"
database_name = "users-db"
database_id = "id-u"
[[d1_databases]]
binding = "LOGS"
preview_database_id = "id-p"
migrations_dir = "logs"
[[env.staging.d1_databases]]
binding = "STAGED"
"""


def resolve(
    folder: Path, spec: str | None = None, environ: dict[str, str] | None = None, **flags: str
) -> TargetSpec:
    return resolve_target(discover(folder, flags, environ or {}), spec)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    (tmp_path / "wrangler.toml").write_text(TWO)
    return tmp_path


class TestNames:
    @pytest.mark.parametrize("name", ["USERS", "users-db", "id-u"])
    def test_a_database_by_binding_name_or_id(self, two: Path, name: str) -> None:
        target = resolve(two, f"d1:local/{name}")
        assert target.name == "d1:local/USERS"
        assert target.origin == "flag --target"

    def test_several_and_no_name_lists_what_to_type(self, two: Path) -> None:
        with pytest.raises(UsageError, match="has 2 databases: say which one") as raised:
            resolve(two)
        assert raised.value.details == (
            "--target d1:local/USERS    users-db, migrations in migrations",
            "--target d1:local/LOGS    no database_name, migrations in logs",
        )

    def test_an_unknown_one_lists_what_there_is(self, two: Path) -> None:
        with pytest.raises(UsageError, match='no D1 database "STAGED"') as raised:
            resolve(two, "d1:local/STAGED")
        assert 'environment "staging" has it: add --env staging' in raised.value.details

    def test_a_bare_database_name_is_no_target_but_says_what_is(self, two: Path) -> None:
        with pytest.raises(UsageError) as raised:
            resolve(two, "USERS")
        assert raised.value.next == "--target d1:local/USERS"

    def test_remote_is_recognised(self, two: Path) -> None:
        target = resolve(two, "d1:remote/LOGS")
        assert (target.kind, target.locality, target.label) == ("d1:remote", "REMOTE", "D1 LOGS (REMOTE)")
        assert target.path is None
        assert not target.unsupported
        assert target.migrations_dir == (two / "logs", "wrangler.toml:8")

    @pytest.mark.parametrize("spec", ["supabase:local", "postgres://u:secret@h:5432/db?schema=token"])
    def test_postgres_is_recognised_and_its_secrets_are_left_out(self, tmp_path: Path, spec: str) -> None:
        target = resolve(tmp_path, spec)
        assert target.mode == "postgres"
        assert not target.unsupported
        assert "secret" not in repr(target)
        assert "token" not in repr(target)

    @pytest.mark.parametrize(
        "spec", ["d1", "d1:", "d1:locl/DB", "sqlite:", "mysql://u:secret@h/db", "nonsense", ""]
    )
    def test_what_is_no_target_says_so_and_keeps_secrets(self, two: Path, spec: str) -> None:
        with pytest.raises(UsageError) as raised:
            resolve(two, spec)
        assert "secret" not in repr(vars(raised.value))

    def test_redacting(self) -> None:
        assert redact("postgres://u:p@ss@h:1/db?password=x") == "postgres://h:1/db"
        assert redact("postgres://u:p/a?b#c@h/db") == "postgres://h/db"
        assert redact("host=h password='a b' dbname=d") == "host=h password=… dbname=d"
        assert redact("d1:local/DB") == "d1:local/DB"


class TestFiles:
    def test_a_plain_file_need_not_exist(self, tmp_path: Path) -> None:
        target = resolve(tmp_path, "sqlite:data/app.db")
        assert target.path == tmp_path / "data" / "app.db"
        assert (target.mode, target.locality, target.label) == ("sqlite", "FILE", "SQLite app.db (FILE)")
        assert target.name == "sqlite:data/app.db"
        assert target.migrations_dir is None

    def test_a_bare_path_must(self, tmp_path: Path) -> None:
        (tmp_path / "app.sqlite").touch()
        assert resolve(tmp_path, "app.sqlite").path == tmp_path / "app.sqlite"
        with pytest.raises(UsageError, match="there is no database file") as raised:
            resolve(tmp_path, "other.db")
        assert "sqlite:other.db" in str(raised.value.next)

    @pytest.mark.parametrize(
        "file", ["migrations/1.sql", "drizzle/0000_a.sql", "src/db/migrations/2026_a/migration.sql"]
    )
    def test_usual_folders_are_found(self, tmp_path: Path, file: str) -> None:
        path = tmp_path / file
        path.parent.mkdir(parents=True)
        path.touch()
        (tmp_path / "db" / "migrations").mkdir(parents=True)
        folder = resolve(tmp_path, "sqlite:x.db").migrations_dir
        assert folder is not None
        assert path.is_relative_to(folder.value)
        assert folder.origin.startswith("found ")

    def test_the_only_databases_folder_and_pattern_are_used(self, tmp_path: Path) -> None:
        (tmp_path / "wrangler.toml").write_text(
            '[[d1_databases]]\nbinding="DB"\nmigrations_dir="m"\nmigrations_pattern="m/*/up.sql"\n'
        )
        (tmp_path / "m").mkdir()
        target = resolve(tmp_path, "sqlite:x.db")
        assert target.migrations_dir == (tmp_path / "m", "wrangler.toml:3")
        assert target.migrations_pattern == ("*/up.sql", "wrangler.toml:4")

    def test_a_d1_file_named_directly_is_noted(self, two: Path) -> None:
        path = resolve(two, "d1:local/USERS").path
        assert path is not None
        assert [n.code for n in resolve(two, f"sqlite:{path}").notes] == ["d1-file"]

    def test_sql_files_in_another_folder_than_wranglers(self, two: Path) -> None:
        (two / "drizzle").mkdir()
        (two / "drizzle" / "0000_a.sql").touch()
        (note,) = resolve(two, "d1:local/USERS").notes
        assert '"migrations_dir": "drizzle"' in note.text


class TestSettings:
    def test_flag_then_environment_then_env_file_then_settings_file(self, two: Path) -> None:
        (two / "landed.toml").write_text('target = "sqlite:file.db"\n')
        assert resolve(two).name == "sqlite:file.db"
        assert resolve(two).origin == "landed.toml:1"
        (two / ".env").write_text('export LANDED_TARGET="d1:local/LOGS"\n')
        assert (resolve(two).name, resolve(two).origin) == ("d1:local/LOGS", ".env LANDED_TARGET")
        environ = {"LANDED_TARGET": "d1:local/USERS"}
        assert resolve(two, None, environ).origin == "environment LANDED_TARGET"
        target = resolve(two, None, environ, target="sqlite:flag.db")
        assert target.origin == "flag --target"

    def test_the_environment_of_wrangler_from_every_source(self, two: Path) -> None:
        (two / "landed.toml").write_text('env = "staging"\n')
        assert resolve(two).name == "d1:local/STAGED"
        (two / "landed.toml").unlink()
        assert resolve(two, None, {"CLOUDFLARE_ENV": "staging"}).name == "d1:local/STAGED"
        with pytest.raises(ConfigError, match=r'no environment "x" \(environment LANDED_ENV\)'):
            resolve(two, None, {"CLOUDFLARE_ENV": "staging", "LANDED_ENV": "x"})
        (two / ".env").write_text("CLOUDFLARE_ENV=staging\n")
        assert resolve(two).name == "d1:local/STAGED"

    def test_settings_override_the_wrangler_configuration(self, two: Path) -> None:
        (two / "landed.toml").write_text(
            'migrations = "sql"\npattern = "*/up.sql"\nledger = "h"\nlock = "x.lock"\n'
        )
        target = resolve(two, "d1:local/LOGS")
        assert target.migrations_dir == (two / "sql", "landed.toml:1")
        assert target.migrations_pattern == ("*/up.sql", "landed.toml:2")
        assert target.ledger_table == ("h", "landed.toml:3")
        assert discover(two, {}, {}).lock_file == (two / "x.lock", "landed.toml:4")

    def test_pyproject_serves_as_well_and_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(
            '[project]\nname = "x"\n[tool.landed]\ntarget = "sqlite:app.db"\nmigrations = "sql"\n'
        )
        below = tmp_path / "src"
        below.mkdir()
        found = discover(below, {}, {})
        target = resolve_target(found)
        assert found.root == tmp_path
        assert target.path == tmp_path / "app.db"
        assert target.migrations_dir == (tmp_path / "sql", "pyproject.toml:5")

    def test_a_pyproject_of_others_is_not_even_parsed(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("this is = = no toml")
        assert discover(tmp_path, {}, {}).settings.file is None

    @pytest.mark.parametrize(
        ("text", "says", "where"),
        [
            ('\nmigratons = "x"\n', 'no setting "migratons", did you mean "migrations"', "landed.toml:2"),
            ("target = 1\n", "must be text", "landed.toml:1"),
            ('target = "x\n', "not valid TOML", "landed.toml:1:"),
        ],
    )
    def test_a_wrong_settings_file_has_a_place(
        self, tmp_path: Path, text: str, says: str, where: str
    ) -> None:
        (tmp_path / "landed.toml").write_text(text)
        with pytest.raises(ConfigError, match=says) as raised:
            discover(tmp_path, {}, {})
        assert str(raised.value.where).startswith(where)

    def test_persist_to_moves_the_local_file(self, two: Path) -> None:
        (two / "landed.toml").write_text('persist-to = "state"\n')
        path = resolve(two, "d1:local/USERS").path
        assert path is not None
        assert path.parent == two / "state" / "v3" / "d1" / "miniflare-D1DatabaseObject"

    def test_the_lock_file_lies_beside_the_configuration(self, two: Path) -> None:
        (two / "src").mkdir()
        assert discover(two / "src", {}, {}).lock_file == (two / "landed.lock", "default")
