"""The wrangler configuration: environments, origins, defaults, and what is refused or worth a note."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import ConfigError, UsageError
from landed.project.d1_local import local_d1_path, object_hash, other_local_files
from landed.project.discovery import Project, discover
from landed.project.naming import resolve_target

FULL = """\
name = "app"

[[d1_databases]]
binding = "DB"
database_name = "app-db"
database_id = "id-1"
migrations_dir = "./db/migrations/"
migrations_pattern = "db/migrations/*/migration.sql"
migrations_table = "history"

[[env.staging.d1_databases]]
binding = "DB"
database_name = "app-db-staging"
database_id = "id-2"

[env.empty]
vars = {}
"""


def project(folder: Path, text: str, name: str = "wrangler.toml", **flags: str) -> Project:
    (folder / name).write_text(text)
    return discover(folder, flags, {})


def codes(found: Project) -> list[str]:
    return [note.code for note in found.notes]


def test_every_value_says_where_it_is_from(tmp_path: Path) -> None:
    (database,) = project(tmp_path, FULL).databases
    assert database.binding == ("DB", "wrangler.toml:4")
    assert database.id == ("id-1", "wrangler.toml:6")
    assert database.migrations_dir == ("db/migrations", "wrangler.toml:7")
    assert database.migrations_pattern == ("*/migration.sql", "wrangler.toml:8")
    assert database.ledger_table == ("history", "wrangler.toml:9")


def test_what_is_not_said_has_wranglers_default(tmp_path: Path) -> None:
    found = project(tmp_path, '{"d1_databases": [{"binding": "DB"}]}', "wrangler.jsonc")
    target = resolve_target(found)
    assert target.ledger_table == ("d1_migrations", "default")
    assert target.migrations_dir == (tmp_path / "migrations", "default")
    assert target.migrations_pattern is None
    assert target.database is not None
    assert target.database.local_id == ("DB", "wrangler.jsonc:1")
    assert (target.label, target.name, target.locality, target.mode) == (
        "D1 DB (LOCAL)",
        "d1:local/DB",
        "LOCAL",
        "d1",
    )


def test_an_empty_table_name_is_the_default_and_an_empty_id_is_an_id(tmp_path: Path) -> None:
    text = '{"d1_databases": [{"binding": "DB", "database_id": "", "migrations_table": ""}]}'
    (database,) = project(tmp_path, text, "wrangler.json").databases
    assert database.ledger_table.value == "d1_migrations"
    assert database.local_id.value == ""


class TestEnvironments:
    def test_the_top_level_and_a_named_one(self, tmp_path: Path) -> None:
        top = project(tmp_path, FULL)
        staging = project(tmp_path, FULL, env="staging")
        assert [d.id.value for d in top.databases if d.id] == ["id-1"]
        assert [d.id.value for d in staging.databases if d.id] == ["id-2"]
        assert staging.databases[0].migrations_dir.value == "migrations", "nothing is inherited"
        assert [d.id.value for d in staging.all_databases if d.id] == ["id-2", "id-1"]

    def test_one_without_databases_inherits_none(self, tmp_path: Path) -> None:
        found = project(tmp_path, FULL, env="empty")
        assert found.databases == ()
        assert codes(found) == ["environment-without-databases"]
        with pytest.raises(ConfigError, match="does not inherit"):
            resolve_target(found)

    def test_an_unknown_one_is_refused_when_there_are_others(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r'no environment "stagin" .*did you mean "staging"') as raised:
            project(tmp_path, FULL, env="stagin")
        assert "staging, empty" in raised.value.details[0]

    def test_an_unknown_one_is_refused_when_there_are_none(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match='no environment "prod"') as raised:
            project(tmp_path, '[[d1_databases]]\nbinding = "DB"\n', env="prod")
        assert raised.value.details == ("it has no environments",)
        assert resolve_target(project(tmp_path, '[[d1_databases]]\nbinding = "DB"\n', env="")).name

    def test_one_is_refused_where_nothing_has_any(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match='no environment "prod"'):
            discover(tmp_path, {"env": "prod"}, {})
        # A variable may be meant for other projects.
        assert discover(tmp_path, {}, {"CLOUDFLARE_ENV": "prod"}).wrangler is None

    def test_pages_fall_back_to_the_top_level(self, tmp_path: Path) -> None:
        text = 'pages_build_output_dir = "dist"\n' + FULL
        found = project(tmp_path, text, env="production")
        assert [d.id.value for d in found.databases if d.id] == ["id-1"]
        with pytest.raises(ConfigError, match='no environment "productoin"'):
            project(tmp_path, text, env="productoin")

    def test_no_environment_can_be_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "wrangler.toml").write_text(FULL)
        found = discover(tmp_path, {"env": ""}, {"CLOUDFLARE_ENV": "staging"})
        assert [d.id.value for d in found.databases if d.id] == ["id-1"]


class TestWhichFile:
    def test_the_first_name_wins_and_the_others_are_named(self, tmp_path: Path) -> None:
        for name in ("wrangler.toml", "wrangler.jsonc", "wrangler.json"):
            found = project(tmp_path, "" if name.endswith("toml") else "{}", name)
            assert found.config_file == tmp_path / name
        assert codes(found) == ["other-config", "other-config"]

    def test_it_is_found_from_below(self, tmp_path: Path) -> None:
        below = tmp_path / "src" / "deep"
        below.mkdir(parents=True)
        project(tmp_path, FULL)
        found = discover(below, {}, {})
        assert found.root == tmp_path
        assert found.start == below
        assert found.databases[0].binding.origin == "../../wrangler.toml:4"

    def test_a_redirect_is_noted_and_not_followed(self, tmp_path: Path) -> None:
        redirect = tmp_path / ".wrangler" / "deploy" / "config.json"
        redirect.parent.mkdir(parents=True)
        redirect.write_text('{"configPath": "../../dist/wrangler.json"}')
        found = project(tmp_path, FULL)
        assert found.config_file == tmp_path / "wrangler.toml"
        assert codes(found) == ["redirect"]

    def test_without_one_the_way_out_is_shown(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no target") as raised:
            resolve_target(discover(tmp_path, {}, {}))
        assert "--target sqlite:PATH" in str(raised.value.next)


DB = '[[d1_databases]]\nbinding = "DB"\n'
REFUSED = {
    "toml": ("toml", "a = \n", "not valid TOML", "1:5"),
    "json": ("json", '{\n "a": 1 "b"}', "not valid JSON", "2:9"),
    "no object": ("json", "[]", "must contain an object", "1"),
    "not a list": ("toml", '\n[d1_databases]\nbinding = "DB"\n', "must be a list", "2"),
    "not a table": ("json", '{"d1_databases": [\n"DB"]}', "must be a table", "2"),
    "no binding": ("toml", '[[d1_databases]]\ndatabase_id = "x"\n', "must have a binding", "1"),
    "number": ("toml", f"{DB}database_id = 1\n", "must be text", "3"),
    "null": ("json", '{"d1_databases": [{"binding": "DB",\n"database_id": null}]}', "must be text", "2"),
}


@pytest.mark.parametrize(("kind", "text", "says", "place"), REFUSED.values(), ids=REFUSED)
def test_what_wrangler_would_refuse_has_a_place(
    tmp_path: Path, kind: str, text: str, says: str, place: str
) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        project(tmp_path, text, f"wrangler.{kind}")
    assert raised.value.where == f"wrangler.{kind}:{place}"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('migrations_pattern = "m/*.sql"', "without migrations_dir"),
        ('migrations_dir = "db"\nmigrations_pattern = "m/*.sql"', "does not start with"),
        ('migrations_dir = "db"\nmigrations_pattern = "dbs/*.sql"', "does not start with"),
    ],
)
def test_a_pattern_outside_its_folder_is_refused_for_its_database_only(
    tmp_path: Path, settings: str, says: str
) -> None:
    text = f'[[d1_databases]]\nbinding = "A"\n{settings}\n[[d1_databases]]\nbinding = "B"\n'
    found = project(tmp_path, text)
    with pytest.raises(ConfigError, match=says) as raised:
        resolve_target(found, "d1:local/A")
    assert str(raised.value.where).startswith("wrangler.toml:")
    assert resolve_target(found, "d1:local/B").name == "d1:local/B"


@pytest.mark.parametrize(
    ("folder", "pattern", "expected"),
    [
        ("./db//m/", "./db/m/**/*.sql", "**/*.sql"),
        ("db\\m", "db\\m\\*.sql", "*.sql"),
        (".", "./*.sql", "*.sql"),
        ("../shared", "../shared/x/../*.sql", "*.sql"),
    ],
)
def test_folders_and_patterns_in_every_writing(
    tmp_path: Path, folder: str, pattern: str, expected: str
) -> None:
    text = f"[[d1_databases]]\nbinding = 'A'\nmigrations_dir = '{folder}'\nmigrations_pattern = '{pattern}'\n"
    target = resolve_target(project(tmp_path, text))
    assert target.migrations_pattern is not None
    assert target.migrations_pattern.value == expected


def test_a_misspelt_key_and_a_placeholder_are_noted(tmp_path: Path) -> None:
    text = '[[d1_databases]]\nbinding = "DB"\ndatabase_id = "${D1_ID}"\nmigration_dir = "x"\n'
    found = project(tmp_path, text)
    assert sorted(codes(found)) == ["placeholder-id", "unknown-key"]
    assert any(
        'did you mean "migrations_dir"?' in n.text and "wrangler.toml:4" in n.text for n in found.notes
    )
    assert found.databases[0].local_id.value == "${D1_ID}"


def test_an_unreadable_file_is_not_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "wrangler.toml").write_bytes(b'name = "\xff"\n')
    with pytest.raises(ConfigError, match="not valid UTF-8"):
        discover(tmp_path, {}, {})


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "wrangler.json").write_bytes(b'\xef\xbb\xbf{"d1_databases": [{"binding": "DB"}]}')
    assert len(discover(tmp_path, {}, {}).databases) == 1


class TestLocalFile:
    def test_the_hash_of_a_known_id(self) -> None:
        expected = "f023adf8de81e80d62670e09f086149af129cccda34c51f26517069258c53e8c"
        assert object_hash("11111111-2222-3333-4444-555555555555") == expected

    def test_files_that_lie_there_instead_are_explained(self, tmp_path: Path) -> None:
        found = project(tmp_path, FULL)
        expected = resolve_target(found).path
        assert expected is not None
        expected.parent.mkdir(parents=True)
        staging = found.all_databases[1]
        for path in (
            local_d1_path(tmp_path, staging),
            expected.parent / f"{object_hash('app-db')}.sqlite",
            expected.parent / f"{'0' * 64}.sqlite",
            expected.parent / "metadata.sqlite",
        ):
            path.touch()
        strays = {s.path.stem: s.owner for s in other_local_files(expected, found.all_databases)}
        assert strays == {
            object_hash("id-2"): 'DB of environment "staging" under its database_id (wrangler.toml:14)',
            object_hash("app-db"): "DB under its database_name (wrangler.toml:5)",
            "0" * 64: "no database of this configuration",
        }

    def test_nothing_lies_there(self, tmp_path: Path) -> None:
        path = resolve_target(project(tmp_path, FULL)).path
        assert path is not None
        assert other_local_files(path) == ()


def test_the_corpus_is_understood(corpus: Path) -> None:
    """Every real configuration gives its databases, each with its id from a line of the file."""
    seen = 0
    for config in sorted(corpus.glob("*/wrangler.*")):
        found = discover(config.parent, {}, {})
        assert found.config_file == config
        for database in found.all_databases:
            seen += 1
            assert database.local_id.origin.startswith(f"{config.name}:")
            line = config.read_text().splitlines()[int(database.local_id.origin.split(":")[1]) - 1]
            assert database.local_id.value in line
    assert seen >= 10
