"""doctor on healthy and broken projects: the right check says the right thing, and nothing is written."""

import io
import json
from pathlib import Path

import apsw
import pytest

from landed.core.check import Level
from landed.core.describe import size
from landed.core.given import Given
from landed.engines.sqlite.software import features
from landed.ops.doctor import Diagnosis, diagnose
from landed.project.d1_local import object_hash
from landed.report.json.doctor import doctor_json
from landed.report.text.doctor import render_doctor

LEDGER = (
    "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
    "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def _project(folder: Path, *databases: dict[str, str], **more: object) -> Path:
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (b);\n")
    entries = databases or ({"binding": "DB", "database_id": "1"},)
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": list(entries), **more}))
    return folder


def _database(folder: Path, *statements: str, name: str = "1") -> Path:
    path = folder / ".wrangler/state/v3/d1/miniflare-D1DatabaseObject" / f"{object_hash(name)}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def _look(folder: Path, target: str | None = None, **flags: str | None) -> Diagnosis:
    return diagnose(folder, target, flags, {})


def _problems(diagnosis: Diagnosis) -> dict[str, str]:
    wrong = (Level.WARNING, Level.ERROR)
    return {c.code: f"{c.value or ''} {c.problem or ''}" for c in diagnosis.checks if c.level in wrong}


def _values(diagnosis: Diagnosis) -> dict[str, tuple[str | None, str | None]]:
    return {c.code: (c.value, c.origin) for c in diagnosis.checks}


def test_a_healthy_project_has_no_problem(tmp_path: Path) -> None:
    folder = _project(tmp_path / "p")
    path = _database(
        folder, LEDGER, "CREATE TABLE a (b)", "INSERT INTO d1_migrations (name) VALUES ('0001_a.sql')"
    )
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    diagnosis = _look(folder)
    assert _problems(diagnosis) == {} and diagnosis.exit_code == 0
    values = _values(diagnosis)
    assert values["wrangler-config"][0] == str(folder / "wrangler.json")
    assert values["environment"] == ("top level", "default")
    assert values["local-id"] == ("database_id 1", "wrangler.json:1")
    assert str(path) in str(values["file"][0])
    assert values["table"] == ("d1_migrations, 1 rows", "default")
    assert values["folder"] == (str(folder / "migrations"), "default")
    assert values["enforced"] == ("enforced", "measured")
    assert values["cache"] == (str(tmp_path / "cache"), "environment LANDED_CACHE_DIR")
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert not (tmp_path / "cache").exists()


def test_origins_are_named(tmp_path: Path) -> None:
    folder = _project(
        tmp_path / "p",
        env={
            "prod": {"d1_databases": [{"binding": "P", "preview_database_id": "p", "migrations_table": "m"}]}
        },
    )
    values = _values(_look(folder, env="prod"))
    assert values["environment"] == ("prod", "flag --env")
    assert values["local-id"][0] == "preview_database_id p"
    assert values["table"] == ("m", "wrangler.json:1")
    _database(folder, "CREATE TABLE a (b)", name="p")
    assert _values(_look(folder, env="prod"))["table"] == ("m (not there yet)", "wrangler.json:1")


def test_a_database_that_is_not_there_is_no_error_and_strays_are_shown(tmp_path: Path) -> None:
    folder = _project(tmp_path / "p", {"binding": "DB", "database_id": "new"})
    stray = _database(folder, "CREATE TABLE a (b)", name="DB")
    diagnosis = _look(folder)
    problems = _problems(diagnosis)
    assert diagnosis.exit_code == 0 and "does not exist yet" in problems["file"]
    assert str(stray) in problems["other-file"] and "DB under its binding" in problems["other-file"]


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ('{"d1_databases": [{"binding" "DB"}]}', "configuration", "not valid JSON"),
        ('{"d1_databases": [{"binding": "A"}, {"binding": "B"}]}', "target", "say which one"),
        ('{"d1_databases": []}', "target", "no d1_databases"),
        ('{"d1_databases": [{"binding": "A", "migrations_dir": "nix"}]}', "folder", "does not exist"),
        ('{"env": {"prod": {}}, "d1_databases": [{"binding": "A"}]}', "configuration", "no environment"),
    ],
)
def test_a_wrong_configuration_is_explained_and_the_rest_still_looked_at(
    tmp_path: Path, text: str, code: str, word: str
) -> None:
    folder = _project(tmp_path / "p")
    (folder / "wrangler.json").write_text(text)
    diagnosis = _look(folder, env="stag") if "env" in text else _look(folder)
    assert word in _problems(diagnosis)[code] and diagnosis.exit_code == 2
    assert _values(diagnosis)["sqlite"][0] is not None


def test_no_configuration_at_all(tmp_path: Path) -> None:
    diagnosis = _look(tmp_path)
    assert "no target" in _problems(diagnosis)["target"] and diagnosis.exit_code == 2
    assert "not a folder" in _problems(_look(tmp_path / "nix"))["configuration"]


def test_two_databases_are_listed_with_their_files(tmp_path: Path) -> None:
    folder = _project(
        tmp_path / "p", {"binding": "A", "database_id": "1"}, {"binding": "B", "database_id": "2"}
    )
    _database(folder, "CREATE TABLE a (b)")
    shown = {c.label: c.value for c in _look(folder).checks if c.code == "binding"}
    assert shown["database B"] == "no local file yet" and "local file of" in str(shown["database A"])


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "app.db").write_text(
        "this is certainly not a database file at all, whatever its name says" * 20
    )
    diagnosis = _look(tmp_path, "app.db")
    assert "not a SQLite database" in _problems(diagnosis)["readable"] and diagnosis.exit_code == 3


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t (a); CREATE INDEX i ON t (a)")
    connection.execute(
        "WITH RECURSIVE n (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n LIMIT 5000) "
        "INSERT INTO t SELECT a FROM n"
    )
    connection.close()
    data = bytearray(path.read_bytes())
    data[4096 + 200 : 4096 * 2] = b"\xff" * (4096 - 200)
    path.write_bytes(data)
    diagnosis = _look(tmp_path, "app.db")
    assert "damaged" in _problems(diagnosis)["integrity"] and diagnosis.exit_code == 3


def test_a_locked_file_is_read_all_the_same_or_its_holder_named(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    holder = apsw.Connection(str(path))
    holder.execute("CREATE TABLE t (a)")
    holder.execute("BEGIN EXCLUSIVE")
    diagnosis = _look(tmp_path, "app.db")
    assert diagnosis.exit_code == 3 and "locked" in _problems(diagnosis)["readable"]
    holder.close()


def test_broken_references(tmp_path: Path) -> None:
    folder = _project(tmp_path / "p")
    _database(
        folder, LEDGER, "CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)",
        "INSERT INTO c VALUES (1), (2)",
    )  # fmt: skip
    diagnosis = _look(folder)
    assert "2 broken c: 2 rows refer to missing rows of p" in _problems(diagnosis)["references"]
    assert diagnosis.exit_code == 0


@pytest.mark.parametrize(
    ("statements", "code", "word", "exit_code"),
    [
        (("CREATE TABLE d1_migrations (id, name, applied_at)",), "unique", "UNIQUE", 0),
        (("CREATE TABLE d1_migrations (name TEXT UNIQUE)",), "columns", "id, applied_at", 0),
        (("CREATE TABLE d1_migrations (version, dirty)",), "table", "no column name", 2),
        (("CREATE VIEW d1_migrations AS SELECT 1 AS name",), "table", "view", 2),
        (("CREATE TABLE migrations_old (a)",), "similar", "migrations_old", 0),
        ((LEDGER, "INSERT INTO d1_migrations (name) VALUES ('.\\0001_a.sql')"), "odd-names", "0001_a", 0),
        ((LEDGER, "INSERT INTO d1_migrations (name) VALUES (NULL)"), "odd-names", "1 without a name", 0),
        (
            ("CREATE TABLE d1_migrations (id, name, applied_at)",
             "INSERT INTO d1_migrations (name) VALUES ('a.sql'), ('a.sql')"),
            "duplicates", "a.sql", 0,
        ),
    ],
)  # fmt: skip
def test_a_ledger_of_another_shape(
    tmp_path: Path, statements: tuple[str, ...], code: str, word: str, exit_code: int
) -> None:
    folder = _project(tmp_path / "p")
    _database(folder, *statements)
    diagnosis = _look(folder)
    assert word in _problems(diagnosis)[code] and diagnosis.exit_code == exit_code


def test_unique_may_be_an_index_or_the_key(tmp_path: Path) -> None:
    for number, ledger in enumerate(
        (LEDGER, LEDGER.replace("TEXT UNIQUE", "TEXT"), "CREATE TABLE d1_migrations (name TEXT PRIMARY KEY)")
    ):
        folder = _project(tmp_path / str(number))
        more = ("CREATE UNIQUE INDEX u ON d1_migrations (name)",) if number == 1 else ()
        _database(folder, ledger, *more)
        assert "unique" not in _problems(_look(folder))


def test_plain_files_say_that_sqlite_does_not_enforce(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "app.db"))
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert _values(_look(tmp_path, "app.db"))["enforced"] == ("not enforced", "measured")


def test_a_placeholder_and_a_broken_lock_file(tmp_path: Path) -> None:
    folder = _project(tmp_path / "p", {"binding": "DB", "database_id": "${ID}"})
    (folder / "landed.lock").write_text("<<<<<<< HEAD\n")
    problems = _problems(diagnosis := _look(folder))
    assert "placeholder" in problems["placeholder-id"] and "lock" in problems and diagnosis.exit_code == 2


def test_an_old_wrangler_is_pointed_out(tmp_path: Path) -> None:
    folder = _project(tmp_path / "p")
    package = folder / "node_modules" / "wrangler" / "package.json"
    package.parent.mkdir(parents=True)
    for version, word in (("3.30.1", "REMOTE"), ("4.60.0", "by name"), ("4.164.0", "")):
        package.write_text(json.dumps({"version": version}))
        assert word in _problems(_look(folder)).get("wrangler", "")


def test_a_secret_in_a_target_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "landed.toml").write_text('target = "postgresql://me:hunter2@db.example/x?sslkey=hunter2"\n')
    diagnosis = _look(tmp_path)
    out = io.StringIO()
    render_doctor(diagnosis, out, str)
    assert "hunter2" not in out.getvalue() + json.dumps(doctor_json(diagnosis, Given()))


def test_features_differ_by_mode() -> None:
    d1, plain = features("d1"), features("sqlite")
    assert d1["fts5"] and d1["STRICT"] and d1["RETURNING"] and not d1["ALTER … SET NOT NULL"]
    assert plain["ALTER … SET NOT NULL"] and plain["math functions"]


def test_sizes() -> None:
    assert [size(n) for n in (0, 1023, 1024, 5 << 20, 3 << 40)] == [
        "0 bytes", "1023 bytes", "1.0 KiB", "5.0 MiB", "3072.0 GiB",
    ]  # fmt: skip
