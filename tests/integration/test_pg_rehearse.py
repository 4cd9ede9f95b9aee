"""rehearse on Postgres: locks as measured, what only fails or loses rows with data, nothing left behind."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from landed.cli.main import main
from landed.core.findings import FileRehearsal, Rehearsal
from landed.engines.postgres.shadow.platform.baseline import PLAIN, supabase
from landed.engines.postgres.shadow.server.start import server_for
from landed.ops.rehearse import rehearse
from landed.ops.rehearse_source import open_files
from landed.report.json_schema import json_schema
from landed.report.locks import lock_lines
from support.servers.pgservers import remove_servers

pytestmark = pytest.mark.server

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"


@pytest.fixture(scope="module", autouse=True)
def shadows() -> Iterator[None]:
    """A folder for throw-away servers, of which the two that are used here stay up for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        patch.setenv("LANDED_SHADOW_DIR", folder)
        patch.setenv("LANDED_CACHE_DIR", f"{folder}/cache")
        try:
            with server_for(None, baseline=supabase()), server_for(None, baseline=PLAIN):
                yield
        finally:
            remove_servers(Path(folder))


def project(folder: Path, *files: str) -> Path:
    """A Supabase project with these files."""
    migrations = folder / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text('project_id = "x"\n')
    for number, text in enumerate(files, 1):
        (migrations / f"{number:014}_x.sql").write_text(text)
    return folder


def run(folder: Path, *files: str) -> Rehearsal:
    return rehearse(open_files(project(folder, *files), None, {}, {}))


def calm(*files: FileRehearsal) -> None:
    for file in files:
        assert not file.found, file
        assert not file.weak, file


TABLES = """
CREATE TABLE p (id int PRIMARY KEY, note text);
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(10), n numeric, p int REFERENCES p ON DELETE CASCADE,
  q int REFERENCES p ON DELETE SET NULL);
CREATE INDEX t_b ON t (b);
"""

LOCKS = [
    # Statement; table -> (mode, rewritten, scanned), as measured on 15 to 18.
    ("ALTER TABLE t ADD COLUMN c1 int", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("ALTER TABLE t ADD COLUMN c2 int DEFAULT 1", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("ALTER TABLE t ADD COLUMN c3 timestamptz DEFAULT now()", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("ALTER TABLE t ADD COLUMN c4 uuid DEFAULT gen_random_uuid()", {"t": ("ACCESS EXCLUSIVE", True, True)}),
    ("ALTER TABLE t ADD COLUMN c5 int CHECK (c5 > 0)", {"t": ("ACCESS EXCLUSIVE", False, True)}),
    ("ALTER TABLE t ALTER b TYPE text", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("ALTER TABLE t ALTER a TYPE bigint", {"t": ("ACCESS EXCLUSIVE", True, True)}),
    ("ALTER TABLE t ADD CONSTRAINT k1 CHECK (id > 0) NOT VALID", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("ALTER TABLE t VALIDATE CONSTRAINT k1", {"t": ("SHARE UPDATE EXCLUSIVE", False, True)}),
    (
        "ALTER TABLE t ADD CONSTRAINT k2 FOREIGN KEY (id) REFERENCES p NOT VALID",
        {"t": ("SHARE ROW EXCLUSIVE", False, False), "p": ("SHARE ROW EXCLUSIVE", False, False)},
    ),
    ("CREATE INDEX ON t (a)", {"t": ("SHARE", False, True)}),
    ("CREATE INDEX CONCURRENTLY ON t (id, a)", {"t": ("SHARE UPDATE EXCLUSIVE", False, True)}),
    ("DROP INDEX t_b", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("CREATE POLICY x ON t USING (true)", {"t": ("ACCESS EXCLUSIVE", False, False)}),
    ("CREATE TABLE child (p int REFERENCES p)", {"p": ("SHARE ROW EXCLUSIVE", False, False)}),
    (
        "CREATE TABLE profile (id uuid REFERENCES auth.users)",
        {"auth.users": ("SHARE ROW EXCLUSIVE", False, False)},
    ),
    ("UPDATE t SET a = 2 WHERE a = 1", {}),
    ("CREATE TABLE own (a int); CREATE INDEX ON own (a); ALTER TABLE own ALTER a TYPE bigint", {}),
    (
        "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 'p ADD COLUMN dynamic int'; END $$",
        {"p": ("ACCESS EXCLUSIVE", False, False)},
    ),
]


def test_locks_rewrites_and_scans_are_those_that_postgres_makes(tmp_path: Path) -> None:
    result = run(tmp_path, TABLES, *(sql for sql, _ in LOCKS))
    calm(*result.files)
    assert result.files[0].locks == ()
    for (sql, expected), file in zip(LOCKS, result.files[1:], strict=True):
        measured = {
            lock.table.removeprefix("public."): (lock.mode, lock.rewrite, lock.scan) for lock in file.locks
        }
        assert measured == expected, sql
        assert all(lock.since == lock.statement == 1 for lock in file.locks)


def test_a_scan_under_a_lock_that_an_earlier_statement_took_says_so(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        TABLES,
        "ALTER TABLE t ADD CONSTRAINT k CHECK (id > 0) NOT VALID;\n\nALTER TABLE t VALIDATE CONSTRAINT k;",
    )
    first, second = result.files[1].locks
    assert (first.mode, first.scan, first.heavy) == ("ACCESS EXCLUSIVE", False, False)
    assert (second.statement, second.line, second.mode) == (2, 3, "ACCESS EXCLUSIVE")
    assert (second.since, second.scan, second.blocks, second.heavy) == (1, True, "reads and writes", True)


DEFINITE = "fails with any row"
WEAK = "depends on the data"

FAILING = [
    ("ALTER TABLE t ADD COLUMN c int NOT NULL", DEFINITE, "contains null values"),
    ("ALTER TABLE t ADD COLUMN c int; ALTER TABLE t ALTER c SET NOT NULL", DEFINITE, "contains null values"),
    (
        "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1 WHERE id < 0; ALTER TABLE t ALTER c SET NOT NULL",
        WEAK,
        "contains null values",
    ),
    ("ALTER TABLE t ALTER a SET NOT NULL", WEAK, "contains null values"),
    ("ALTER TABLE p ADD UNIQUE (note)", "", ""),
    ("ALTER TABLE d ADD UNIQUE (word)", WEAK, "could not create unique index"),
    ("ALTER TABLE d ADD CHECK (word <> word)", WEAK, "is violated by some row"),
    ("ALTER TABLE d ALTER word TYPE int USING word::int", WEAK, "invalid input syntax for type integer"),
    ("DELETE FROM r_parent", WEAK, "violates"),
    (
        "UPDATE deferred SET p = p; ALTER TABLE deferred ADD COLUMN c int",
        DEFINITE,
        "pending trigger events",
    ),
    ("ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1; ALTER TABLE t ALTER c SET NOT NULL", "", ""),
    ("ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 0", "", ""),
]

MORE_TABLES = """
CREATE TABLE d (word text NOT NULL);
CREATE TABLE r_parent (id int PRIMARY KEY);
CREATE TABLE r_child (p int NOT NULL REFERENCES r_parent ON DELETE RESTRICT);
CREATE TABLE deferred (id int PRIMARY KEY, p int NOT NULL REFERENCES p DEFERRABLE INITIALLY DEFERRED);
"""


@pytest.mark.parametrize(("sql", "kind", "words"), FAILING, ids=[sql[:50] for sql, *_ in FAILING])
def test_what_fails_only_with_rows(sql: str, kind: str, words: str, tmp_path: Path) -> None:
    first, last = run(tmp_path, TABLES + MORE_TABLES, sql).files
    calm(first)
    if not kind:
        calm(last)
        return
    (failure,) = last.failures
    assert words in failure.message
    assert failure.only_with_data
    assert failure.weak == (kind == WEAK)
    assert last.found == (kind == DEFINITE)
    assert failure.line == 1
    assert bool(failure.advice) == (kind == DEFINITE)


def test_statements_after_one_that_fails_with_rows_are_still_tried_with_rows(tmp_path: Path) -> None:
    sql = "ALTER TABLE t ALTER a SET NOT NULL;\nALTER TABLE d ADD COLUMN e int NOT NULL;"
    file = run(tmp_path, TABLES + MORE_TABLES, sql).files[1]
    assert [(f.statement, f.weak) for f in file.failures] == [(1, True), (2, False)]


def test_rows_that_go_without_being_named(tmp_path: Path) -> None:
    first, cascade, named, truncated, dropped = run(
        tmp_path,
        TABLES,
        "DELETE FROM p",
        "DELETE FROM t;\nDELETE FROM p;",
        "\nTRUNCATE p CASCADE",
        "DROP TABLE t",
    ).files
    calm(first, named, dropped)
    (loss,) = cascade.rows_lost
    assert (loss.table, loss.before, loss.after, loss.statement) == ("public.t", 2, 1, 1)
    assert loss.through == "ON DELETE CASCADE of public.t(p) to public.p"
    assert loss.advice
    (loss,) = truncated.rows_lost
    assert (loss.table, loss.before, loss.after, loss.line) == ("public.t", 2, 0, 2)
    assert loss.through is not None
    assert loss.through.startswith("TRUNCATE … CASCADE empties public.t(")
    assert "drops table public.t (its rows go)" in dropped.notes


def test_values_that_change_without_being_named(tmp_path: Path) -> None:
    setup = """
    CREATE TYPE mood AS ENUM ('glad', 'sad');
    CREATE TABLE person (id int PRIMARY KEY, mood mood NOT NULL, weight numeric, seen timestamptz,
      boss int REFERENCES person ON DELETE SET NULL, house int);
    CREATE TABLE house (id int PRIMARY KEY);
    ALTER TABLE person ADD FOREIGN KEY (house) REFERENCES house ON DELETE SET NULL;
    """
    files = run(
        tmp_path,
        setup,
        "DROP TYPE mood CASCADE",
        "ALTER TABLE person ALTER weight TYPE numeric(10, 2)",
        "ALTER TABLE person ALTER seen TYPE date USING seen::date",
        "DELETE FROM house",
        "ALTER TABLE person ALTER weight TYPE numeric(12, 2), ALTER id TYPE bigint",
    ).files
    calm(files[0], files[3], files[5])
    (change,) = files[1].rows_changed
    assert (change.table, change.column, change.kind, change.rows) == ("public.person", "mood", "dropped", 2)
    (change,) = files[2].rows_changed
    assert (change.column, change.kind, change.example) == ("weight", "altered", "'1.23456' → '1.23'")
    assert change.through == "the change of its type to numeric(10,2)"
    (change,) = files[4].rows_changed
    assert (change.column, change.kind) == ("house", "nulled")
    assert change.through == "ON DELETE SET NULL of public.person(house) to public.house"


def test_what_a_trigger_does_to_other_tables_is_a_note(tmp_path: Path) -> None:
    setup = """
    CREATE TABLE total (id int PRIMARY KEY, n int NOT NULL);
    CREATE TABLE item (id int PRIMARY KEY, total int NOT NULL REFERENCES total, word text);
    CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN UPDATE public.total SET n = n + 1; RETURN NEW; END $$;
    CREATE TRIGGER up AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION count_up();
    """
    first, last = run(tmp_path, setup, "UPDATE item SET word = 'x'").files
    calm(first, last)
    assert last.notes == ("statement 1 also changes rows of public.total: a trigger or function does",)


def test_nothing_of_a_trial_is_left_behind(tmp_path: Path) -> None:
    """Sequences, roles, session settings and locks: later files meet what apply would leave them."""
    files = run(
        tmp_path,
        "CREATE TABLE s (id serial PRIMARY KEY, a text); CREATE TABLE r (s int REFERENCES s (id));",
        "INSERT INTO s (a) VALUES ('one');",
        "SELECT pg_advisory_lock(4711); SET search_path = pg_catalog; SET ROLE anon;",
        "INSERT INTO r VALUES (1);",
        "INSERT INTO s (a) VALUES ('two'); INSERT INTO r VALUES (2);",
        "CREATE ROLE landed_w4_left_behind; DROP ROLE landed_w4_left_behind;",
        "DO $$ BEGIN ASSERT (SELECT count(*) = 2 AND max(id) = 2 FROM s); END $$",
    ).files
    calm(*files)


def test_statements_that_run_alone_and_files_with_transactions_of_their_own(tmp_path: Path) -> None:
    _, concurrent, trap, wrapped, enum, vacuum = run(
        tmp_path,
        "CREATE TABLE t (a int NOT NULL); CREATE TYPE e AS ENUM ('a');",
        "CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); ALTER TABLE t ADD COLUMN b int;",
        "ALTER TABLE t ADD COLUMN c int;\nCOMMIT;\nBEGIN;\nALTER TABLE t ADD COLUMN d int;",
        "BEGIN; ALTER TABLE t ADD COLUMN f int; COMMIT;",
        "ALTER TYPE e ADD VALUE 'b'; CREATE TABLE v (e e DEFAULT 'b'); INSERT INTO v VALUES ('b');",
        "VACUUM FULL t;",
    ).files
    (failure,) = concurrent.failures
    assert failure.weak
    assert "could not create unique index" in failure.message
    (failure,) = trap.failures
    assert "never committed" in failure.message
    assert failure.advice
    assert "BEGIN" in failure.advice
    calm(wrapped, enum, vacuum)


def test_a_file_that_fails_does_not_stop_the_rest_and_a_starting_schema_is_proposed(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        "ALTER TABLE storage.objects ADD COLUMN mine text;",
        "ALTER TABLE never_made ADD COLUMN a int;",
        "CREATE TABLE t (a int);",
    )
    first, second, third = result.files
    assert "must be owner" in first.failures[0].message
    assert "does not exist" in second.failures[0].message
    calm(third)
    assert any("[shadow] base" in note and "never_made" in note for note in result.notes)


@pytest.mark.parametrize("target", [None, "supabase:linked", "postgresql://u:secret@landed.invalid/x"])
def test_no_database_is_asked(target: str | None, tmp_path: Path) -> None:
    folder = project(tmp_path, "CREATE TABLE t (a int)")
    result = rehearse(open_files(folder, target, {}, {}))
    assert [f.changes for f in result.files] == [("+ table public.t",)]


def test_any_postgres_without_a_supabase_project(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "1_a.sql").write_text("CREATE TABLE t (a int);")
    (tmp_path / "sql" / "2_b.sql").write_text("ALTER TABLE t ADD COLUMN b int NOT NULL;")
    flags = {"migrations": str(tmp_path / "sql")}
    result = rehearse(open_files(tmp_path, "postgres:", flags, {}))
    assert result.rules.startswith("Postgres ")
    assert [bool(f.found) for f in result.files] == [False, True]


def cli(folder: Path, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["landed", "rehearse", "-C", str(folder), *arguments])
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out.getvalue(), err.getvalue()


def test_text_and_json(tmp_path: Path) -> None:
    folder = project(
        tmp_path, TABLES, "ALTER TABLE t ALTER a TYPE bigint;\nALTER TABLE p ADD COLUMN c int NOT NULL;"
    )
    code, text, _ = cli(folder)
    assert code == 1
    assert "(Supabase on Postgres " in text
    assert (
        "lock  ACCESS EXCLUSIVE on public.t: blocks reads and writes while the table is rewritten"
        " (statement 1, line 1)"
    ) in text
    assert "FAILS AS SOON AS THERE ARE ROWS" in text
    code, text, _ = cli(folder, "--json")
    document = json.loads(text)
    schema = json_schema()
    jsonschema.validate(document, {**schema, "$ref": "#/$defs/rehearse"})
    assert (code, document["mode"]) == (1, "postgres")
    assert document["files"][1]["locks"][0] == {
        "statement": 1,
        "line": 1,
        "table": "public.t",
        "mode": "ACCESS EXCLUSIVE",
        "since": 1,
        "blocks": "reads and writes",
        "rewrite": True,
        "scan": True,
    }


def test_locks_alone_are_no_finding(tmp_path: Path) -> None:
    code, text, _ = cli(project(tmp_path, TABLES, "ALTER TABLE t ALTER a TYPE bigint"))
    assert code == 0
    assert "nothing found" in text


def test_a_postgres_database_is_not_copied(tmp_path: Path) -> None:
    code, _, said = cli(project(tmp_path, TABLES), "--with-data")
    assert code == 2
    assert "a Postgres database is not copied" in said


def test_a_real_project_whose_files_fail_as_soon_as_there_are_rows() -> None:
    """Two files of onlook add columns NOT NULL without a default to tables that have rows in production."""
    result = rehearse(open_files(CORPUS / "onlook-dev__onlook", None, {}, {}))
    found = {f.migration.name: [x.message for x in f.failures if not x.weak] for f in result.found}
    assert found == {
        "0014_military_marrow.sql": [
            'column "full_domain" of relation "custom_domain_verification" contains null values (23502)'
        ],
        "0016_pretty_dust.sql": [
            'column "stripe_current_period_start" of relation "subscriptions" contains null values (23502)'
        ],
    }
    assert sum(bool(f.locks) for f in result.files) > 5


def test_a_file_that_ends_its_session_and_one_that_is_known_to_be_broken(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        "CREATE TABLE t (a int)",
        "SELECT pg_terminate_backend(pg_backend_pid()); ALTER TABLE t ADD COLUMN b int;",
        "SELECT broken;",
        "ALTER TABLE t ADD COLUMN c int NOT NULL",
    )
    (folder / "landed.toml").write_text('[shadow]\nbroken = ["00000000000003_x.sql"]\n')
    first, lost, broken, last = rehearse(open_files(folder, None, {}, {})).files
    calm(first, broken)
    assert any("ends its own session" in note for note in lost.notes)
    assert any("known not to replay" in note for note in broken.notes)
    assert last.found


def test_a_lock_that_is_held_while_a_later_statement_works_is_not_called_brief(tmp_path: Path) -> None:
    files = run(
        tmp_path,
        TABLES,
        "ALTER TABLE p ADD COLUMN c int;\nUPDATE t SET a = 2;",
        "CREATE INDEX ON t (a);\nALTER TABLE p ADD COLUMN d int;",
        "ALTER TABLE p ADD COLUMN e int;\nCREATE INDEX CONCURRENTLY ON t (b);",
    ).files
    held, after, apart = ([line for line in lock_lines(f) if "public.p" in line] for f in files[1:])
    assert held == [
        "ACCESS EXCLUSIVE on public.p: blocks reads and writes until the file ends,"
        " also while statement 2 (line 2) runs (statement 1, line 1)"
    ]
    assert after == ["ACCESS EXCLUSIVE on public.p: blocks reads and writes, briefly (statement 2, line 2)"]
    assert apart == ["ACCESS EXCLUSIVE on public.p: blocks reads and writes, briefly (statement 1, line 1)"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("COPY p FROM stdin;", "FROM stdin takes its rows from psql: write them as INSERT"),
        ("COPY p (id, note) FROM STDIN WITH (FORMAT csv);", "write them as INSERT"),
        ("INSERT INTO p VALUES (7);\nCOPY p FROM stdin;\n1\tx\n\\.\nSELECT 1;", "write them as INSERT"),
        ("COPY p TO STDOUT;", "nothing in a migration reads them"),
        ("BEGIN;\nCOPY (SELECT 1) TO STDOUT;\nCOMMIT;", "nothing in a migration reads them"),
    ],
)
def test_rows_that_only_psql_sends_are_the_files_fault_and_no_servers(
    file: str, said: str, tmp_path: Path
) -> None:
    rehearsed = run(tmp_path, TABLES, file, "INSERT INTO p VALUES (9);")
    _, copying, last = rehearsed.files
    assert any(said in failure.message for failure in copying.failures), copying
    calm(last)
