"""The sandbox: opening it, restricting a real file, lifting the rules and putting them back."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from landed.engines.sqlite.shadow.sandbox import explain_refusal, open_sandbox, restrict, unrestricted


def test_modes() -> None:
    with pytest.raises(ValueError, match="no such mode"):
        open_sandbox("postgres")
    connection, _ = open_sandbox("sqlite")
    connection.execute("CREATE TEMP TABLE t (a); PRAGMA user_version = 3")
    for ends_or_leaves in ("ATTACH ':memory:' AS other", "BEGIN", "COMMIT", "ROLLBACK"):
        with pytest.raises(apsw.AuthError):
            connection.execute(ends_or_leaves)
    assert connection.execute("PRAGMA foreign_keys").get == 0
    connection, _ = open_sandbox("sqlite", foreign_keys=True)
    assert connection.execute("PRAGMA foreign_keys").get == 1


def test_d1_rules_hold_outside_a_transaction_too() -> None:
    connection, _ = open_sandbox("d1")
    connection.execute("PRAGMA foreign_keys = OFF")
    assert connection.execute("PRAGMA foreign_keys").get == 1
    with pytest.raises(apsw.AuthError) as vacuum:
        connection.execute("VACUUM")
    assert "VACUUM" in (explain_refusal(vacuum.value, "VACUUM") or "")


@pytest.mark.parametrize("size", [10, 5_000_000])
def test_image_of_a_wal_database(tmp_path: Path, size: int) -> None:
    file = apsw.Connection(str(tmp_path / "wal.sqlite"))
    assert file.execute("PRAGMA journal_mode = WAL").get == "wal"
    file.execute("CREATE TABLE t (a, b)")
    file.execute("INSERT INTO t VALUES (1, zeroblob(?)), (2, zeroblob(?))", (size, size))
    image = file.serialize("main")
    assert len(image) > 2 * size
    connection, _ = open_sandbox("d1", image)
    assert connection.execute("SELECT a, length(b) FROM t").fetchall() == [(1, size), (2, size)]
    connection.execute("INSERT INTO t VALUES (3, 0)")
    again, _ = open_sandbox("d1", connection.serialize("main"))
    assert again.execute("SELECT count(*) FROM t").get == 3
    assert file.execute("SELECT count(*) FROM t").get == 2


@pytest.mark.parametrize("image", [None, b""])
def test_no_image_is_an_empty_database(image: bytes | None) -> None:
    connection, _ = open_sandbox("d1", image)
    assert connection.execute("SELECT * FROM sqlite_master").fetchall() == []


def test_statement_cache_is_refused_because_it_goes_round_the_authorizer() -> None:
    cached = apsw.Connection(":memory:")
    with pytest.raises(ValueError, match="statementcachesize"):
        restrict(cached, "d1")


def test_a_statement_prepared_without_rules_is_refused_under_them() -> None:
    connection, _ = open_sandbox("d1")
    with unrestricted(connection):
        connection.execute("BEGIN")
        connection.execute("COMMIT")
        connection.execute("BEGIN")
    with pytest.raises(apsw.AuthError):
        connection.execute("COMMIT")
    assert connection.in_transaction


def test_unrestricted_nests_and_ends_with_an_error() -> None:
    connection, observer = open_sandbox("d1")
    columns = ", ".join(f"c{i}" for i in range(150))
    with unrestricted(connection), observer.lifted():
        connection.execute("PRAGMA user_version = 7")
        connection.execute(f"CREATE TABLE wide ({columns})")
    assert not observer.take().ddl
    with pytest.raises(RuntimeError), unrestricted(connection):
        raise RuntimeError
    with pytest.raises(apsw.AuthError):
        connection.execute("PRAGMA user_version")
    with pytest.raises(apsw.SQLError, match="too many columns"):
        connection.execute(f"CREATE TABLE wider ({columns})")


def test_unrestricted_leaves_a_plain_connection_alone() -> None:
    plain = apsw.Connection(":memory:")
    with unrestricted(plain):
        plain.execute("PRAGMA user_version = 7")
    assert plain.authorizer is None


def test_a_real_file_under_d1s_rules(tmp_path: Path) -> None:
    path = tmp_path / "d1.sqlite"
    connection = apsw.Connection(str(path), statementcachesize=0)
    connection.execute("CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)")
    connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    observer = restrict(connection, "d1")
    with observer.lifted():
        connection.execute("BEGIN")
    connection.execute("CREATE TABLE c (p REFERENCES p)")
    assert observer.take().created_only
    with pytest.raises(apsw.ConstraintError):
        connection.execute("INSERT INTO c VALUES (1)")
    with pytest.raises(apsw.AuthError) as metadata:
        connection.execute("SELECT value FROM _cf_METADATA")
    assert "belongs to the runtime" in (explain_refusal(metadata.value, "SELECT …") or "")
    with pytest.raises(apsw.AuthError):
        connection.execute("DROP TABLE _cf_METADATA")
    with unrestricted(connection):
        connection.execute("COMMIT")
    connection.close()
    names = apsw.Connection(str(path)).execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    assert names == [("_cf_METADATA",), ("c",), ("p",)]


def test_rename_to_a_reserved_name_changes_nothing() -> None:
    connection, observer = open_sandbox("d1")
    connection.execute("CREATE TABLE t (a)")
    for name in ("_cf_t", '"_cf_t"', "[_CF_t]", "`_cf_t`"):
        observer.take()
        with pytest.raises(apsw.AuthError) as error:
            connection.execute(f"ALTER TABLE t RENAME /* to */ TO {name}")
        assert "_cf_" in (explain_refusal(error.value, f"ALTER TABLE t RENAME TO {name}") or "")
    connection.execute("ALTER TABLE t RENAME TO u")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("u",)]


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("SELECT * FROM missing", "no such table"),
        ("CREATE TABLE t (a", "incomplete input"),
        ("INSERT INTO c VALUES (1)", "FOREIGN KEY"),
        ("SELECT json('x')", "malformed JSON"),
    ],
)
def test_errors_that_are_not_refusals_are_not_explained(sql: str, broken: str) -> None:
    connection, _ = open_sandbox("d1")
    connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)")
    with pytest.raises(apsw.Error, match=broken) as error:
        connection.execute(sql)
    assert explain_refusal(error.value, sql) is None


def test_comments_before_a_refused_statement_do_not_hide_it() -> None:
    connection, _ = open_sandbox("d1")
    sql = "-- one\n/* two; */\n\tbegin exclusive"
    with pytest.raises(apsw.AuthError) as error:
        connection.execute(sql)
    assert "one transaction of its own" in (explain_refusal(error.value, sql) or "")
