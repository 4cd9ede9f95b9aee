"""rehearse: what only shows when there are rows, each way of losing or changing them, and what is none."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from landed.core.errors import ConfigError, UsageError
from landed.core.findings import FileRehearsal, Rehearsal
from landed.ops.rehearse import rehearse
from landed.ops.rehearse_source import open_files
from support.worlds.fkmatrix import Rebuild, matrix


def run(folder: Path, *files: str, target: str | None = None) -> Rehearsal:
    migrations = folder / "migrations"
    migrations.mkdir()
    for number, text in enumerate(files, 1):
        (migrations / f"{number:04}_x.sql").write_text(text)
    return rehearse(open_files(folder, target, {}, {}))


def last(folder: Path, *files: str, target: str | None = None) -> FileRehearsal:
    result = run(folder, *files, target=target)
    assert not any(f.found or f.weak for f in result.files[:-1])
    return result.files[-1]


@pytest.mark.parametrize("cell", list(matrix()), ids=lambda c: c.label)
def test_every_rebuild_of_the_matrix_is_judged_right(cell: Rebuild, tmp_path: Path) -> None:
    """What wipes, nulls or fails on real D1 with rows is found in the files alone; nothing else is."""
    schema = [s for s in cell.schema if s.startswith("CREATE")]
    found = last(tmp_path, ";\n".join(schema), cell.migration_sql)
    if cell.on_delete == "CASCADE" and not cell.safe:
        assert {(loss.table, loss.before, loss.after) for loss in found.rows_lost} == {
            ("c", 1, 0),
            ("g", 1, 0),
        }
        (child,) = (loss for loss in found.rows_lost if loss.table == "c")
        assert child.through == "ON DELETE CASCADE of c(p) to p"
        assert cell.migration_sql.splitlines()[child.line - 1] == "DROP TABLE p;"
        assert child.advice
        assert "new_child" in child.advice
    elif cell.on_delete == "SET NULL" and cell.outcome == "ok" and not cell.safe:
        (change,) = found.rows_changed
        assert (change.table, change.column, change.rows, change.kind) == ("c", "p", 1, "nulled")
        assert change.through == "ON DELETE SET NULL of c(p) to p"
    elif cell.outcome == "error" and "internal error" not in cell.message:
        (failure,) = found.failures
        assert failure.only_with_data
        if "FOREIGN KEY" in cell.message:
            assert not failure.weak
            assert f"c(p) refers to p, ON DELETE {cell.on_delete}" in failure.details
    else:
        # A counter of deferred violations that is not at zero fails on D1, but landed ends it properly.
        assert not found.found
        assert not found.weak


def test_a_table_dropped_before_the_reference_to_it_fails_as_soon_as_there_are_rows(tmp_path: Path) -> None:
    tables = "CREATE TABLE s (id TEXT PRIMARY KEY);\nCREATE TABLE m (id INTEGER, s TEXT REFERENCES s (id));\n"
    rebuild = "CREATE TABLE n (id INTEGER);\nINSERT INTO n SELECT id FROM m;\nDROP TABLE m;\n"
    rename = "ALTER TABLE n RENAME TO m;\n"
    found = last(tmp_path, tables, "DROP TABLE s;\n" + rebuild + rename)
    (failure,) = found.failures
    assert (failure.statement, failure.line, failure.weak) == (1, 1, False)
    assert failure.message == "FOREIGN KEY constraint failed"
    assert failure.advice
    # Both ways out that the advice names.
    for number, text in enumerate(
        (
            rebuild + "DROP TABLE s;\n" + rename,
            "PRAGMA defer_foreign_keys = on;\nDROP TABLE s;\n" + rebuild + rename,
        )
    ):
        again = tmp_path / str(number)
        again.mkdir()
        assert not last(again, tables, text).failures


def test_a_not_null_column_without_default_fails_for_any_row(tmp_path: Path) -> None:
    found = last(tmp_path, "CREATE TABLE t (a);", "ALTER TABLE t ADD COLUMN b TEXT NOT NULL;")
    (failure,) = found.failures
    assert failure.only_with_data
    assert not failure.weak
    assert "NOT NULL" in failure.message


def test_a_rebuild_that_gives_a_required_column_no_value_fails_for_any_row(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE t (a);",
        "CREATE TABLE n (a, b NOT NULL); INSERT INTO n (a) SELECT a FROM t; DROP TABLE t;"
        "ALTER TABLE n RENAME TO t;",
    )
    (failure,) = found.failures
    assert (failure.statement, failure.weak) == (2, False)


@pytest.mark.parametrize(
    "column", ["a TEXT CHECK (a <> 'seed-a')", "a TEXT CHECK (length(a) = 3)", "a TEXT REFERENCES u (id)"]
)
def test_what_a_made_up_value_causes_is_told_apart(column: str, tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE t (a TEXT); CREATE TABLE u (id TEXT PRIMARY KEY);",
        f"CREATE TABLE n ({column}); INSERT INTO n SELECT a FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
    )
    assert not found.found
    assert found.weak
    assert all(f.weak and f.only_with_data for f in found.failures)


def test_a_weak_failure_does_not_hide_rows_that_are_lost_elsewhere(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE o (a TEXT); CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE c (p INTEGER REFERENCES p (id) ON DELETE CASCADE);",
        "CREATE TABLE n (a TEXT CHECK (length(a) = 2)); INSERT INTO n SELECT a FROM o; DROP TABLE o;"
        "CREATE TABLE q (id INTEGER PRIMARY KEY); INSERT INTO q SELECT * FROM p; DROP TABLE p;"
        "ALTER TABLE q RENAME TO p;",
    )
    assert [loss.table for loss in found.rows_lost] == ["c"]
    assert [f.weak for f in found.failures] == [True]


def test_a_drop_that_nulls_a_required_column_fails_for_any_row(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE c (p INTEGER NOT NULL REFERENCES p (id) ON DELETE SET NULL);",
        "CREATE TABLE n (id INTEGER PRIMARY KEY); INSERT INTO n SELECT * FROM p; DROP TABLE p;"
        "ALTER TABLE n RENAME TO p;",
    )
    (failure,) = found.failures
    assert (failure.statement, failure.message, failure.weak) == (3, "NOT NULL constraint failed: c.p", False)
    assert failure.advice
    assert "c(p) refers to p, ON DELETE SET NULL" in failure.details


def test_a_drop_that_sets_a_default_is_found(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE c (p INTEGER DEFAULT NULL REFERENCES p (id) ON DELETE SET DEFAULT);",
        "CREATE TABLE n (id INTEGER PRIMARY KEY); INSERT INTO n SELECT * FROM p; DROP TABLE p;"
        "ALTER TABLE n RENAME TO p;",
    )
    (change,) = found.rows_changed
    assert (change.table, change.column, change.kind) == ("c", "p", "nulled")
    assert change.through == "ON DELETE SET DEFAULT of c(p) to p"


def test_new_reference_that_made_up_values_cannot_meet_depends_on_data(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE u (id TEXT PRIMARY KEY); CREATE TABLE t (u TEXT);",
        "CREATE TABLE n (u TEXT REFERENCES u (id)); INSERT INTO n SELECT u FROM t; DROP TABLE t;"
        "ALTER TABLE n RENAME TO t;",
    )
    assert not found.found
    assert [f.weak for f in found.failures] == [True]


def test_text_that_becomes_a_number_loses_its_zeros(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, zip TEXT);",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, zip INTEGER); INSERT INTO n SELECT * FROM t;"
        "DROP TABLE t; ALTER TABLE n RENAME TO t;",
    )
    (change,) = found.rows_changed
    assert (change.table, change.column, change.kind) == ("t", "zip", "altered")
    assert change.example == "'007' → 7"


def test_columns_swapped_by_select_star_are_found(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, b TEXT, a TEXT); INSERT INTO n SELECT * FROM t;"
        "DROP TABLE t; ALTER TABLE n RENAME TO t;",
    )
    assert {(c.column, c.example) for c in found.rows_changed} == {
        ("a", "'seed-a' → 'seed-b'"),
        ("b", "'seed-b' → 'seed-a'"),
    }


def test_a_number_that_becomes_text_means_the_same(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);",
        "CREATE TABLE m (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO m SELECT * FROM t; DROP TABLE t;"
        "ALTER TABLE m RENAME TO t;",
    )
    assert not found.found
    assert found.notes == ("t.n is stored as another type, its values mean the same",)


def test_an_expression_of_the_author_is_no_finding(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO n (id, a) SELECT id, upper(a) FROM t;"
        "DROP TABLE t; ALTER TABLE n RENAME TO t;",
    )
    assert not found.found
    assert found.notes == ("t.a is filled by an expression of the file's own",)


def test_a_table_dropped_and_made_again_loses_its_rows(tmp_path: Path) -> None:
    found = last(tmp_path, "CREATE TABLE t (a);", "DROP TABLE t;\nCREATE TABLE t (a, b);")
    (loss,) = found.rows_lost
    assert (loss.table, loss.before, loss.after, loss.through, loss.line) == ("t", 1, 0, None, 1)


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM t;",
        "UPDATE t SET a = 'x', r = NULL;",
        "DROP TABLE t;",
        "ALTER TABLE t RENAME TO u;",
        "ALTER TABLE t RENAME COLUMN a TO b;",
        "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'b';",
        "ALTER TABLE t DROP COLUMN a;",
        "ALTER TABLE t RENAME TO o; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, r);"
        "INSERT INTO t SELECT * FROM o; DROP TABLE o;",
        "INSERT INTO t (a) VALUES ('x');",
        "REPLACE INTO t (id, a) SELECT id, 'y' FROM t;",
        "DELETE FROM t; INSERT INTO t (a) VALUES ('x');",
        "CREATE INDEX i ON t (lower(a));",
    ],
)
def test_what_the_file_says_is_no_finding(text: str, tmp_path: Path) -> None:
    found = last(tmp_path, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, r);", text)
    assert not found.found, found
    assert not found.weak


def test_a_delete_that_takes_rows_of_another_table_is_found(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE);",
        "DELETE FROM p;",
    )
    (loss,) = found.rows_lost
    assert (loss.table, loss.statement) == ("c", 1)


def test_rows_of_one_file_do_not_disturb_the_next(tmp_path: Path) -> None:
    """The row that the third file inserts would clash with any that a rehearsal had left in the table."""
    result = run(
        tmp_path,
        "CREATE TABLE t (a INTEGER PRIMARY KEY, one INTEGER UNIQUE CHECK (one = 1));",
        "ALTER TABLE t ADD COLUMN b;",
        "CREATE TABLE u (x);",
        "CREATE VIEW v AS SELECT * FROM t;",
    )
    assert not any(f.failures or f.notes for f in result.files)


def test_a_file_that_fails_on_empty_tables_does_not_stop_the_rest(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        "CREATE TABLE t (a);",
        "CREATE TABLE u (a);\nALTER TABLE nowhere ADD COLUMN x;\nCREATE INDEX i ON u (a);",
        "ALTER TABLE u ADD COLUMN b NOT NULL;",
    )
    (failure,) = result.files[1].failures
    assert (failure.statement, failure.line, failure.only_with_data, failure.weak) == (2, 2, False, False)
    assert failure.message == "no such table: nowhere"
    (failure,) = result.files[2].failures
    assert failure.only_with_data


def test_a_plain_file_is_judged_by_its_own_rules(tmp_path: Path) -> None:
    """Without enforcement of foreign keys, which is SQLite's default, a rebuild takes no child row."""
    wipe = next(c for c in matrix() if c.on_delete == "CASCADE" and not c.safe)
    schema = ";\n".join(s for s in wipe.schema if s.startswith("CREATE"))
    assert not last(tmp_path, schema, wipe.migration_sql, target="sqlite:app.db").found
    assert not (tmp_path / "app.db").exists()


def test_no_folder_is_a_matter_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_files(tmp_path, None, {}, {})
    assert caught.value.next
    with pytest.raises(UsageError):
        open_files(tmp_path / "nowhere", None, {}, {})


def test_nothing_is_written_beside_the_files(tmp_path: Path) -> None:
    run(tmp_path, "CREATE TABLE t (a);")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["0001_x.sql", "migrations"]


def test_the_engine_is_the_one_whose_behaviour_was_measured() -> None:
    assert apsw.sqlite_lib_version() >= "3.54"
