"""What a SQLite statement's head says: which table it writes to, drops, alters or renames."""

from __future__ import annotations

import apsw
import pytest

from landed.engines.sqlite.sql.head import Head, read_head

WRITTEN = {
    "DELETE FROM t WHERE a = 1": "t",
    "delete from main.T": "t",
    "INSERT INTO [t] VALUES (1)": "t",
    'insert or ignore into "T" select 1': "t",
    "REPLACE INTO `t` VALUES (1)": "t",
    "UPDATE OR REPLACE t SET a = 1": "t",
    "update /* DELETE FROM u */ main . t set a = 1": "t",
    "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x": "t",
    "WITH x AS (SELECT 1) UPDATE t SET a = (SELECT * FROM x)": "t",
}


@pytest.mark.parametrize("sql", WRITTEN)
def test_the_table_that_is_written_to_is_the_one_that_sqlite_writes_to(sql: str) -> None:
    seen: set[str] = set()

    def authorise(action: int, first: str | None, *_: object) -> int:
        if action in (apsw.SQLITE_DELETE, apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE):
            seen.add(str(first))
        return apsw.SQLITE_OK

    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a); CREATE TABLE u (a)")
    connection.authorizer = authorise
    connection.execute(sql).fetchall()
    assert {read_head(sql).written} == seen == {WRITTEN[sql]}
    assert read_head(sql).changed == WRITTEN[sql] and read_head(sql).writes_rows


def test_what_writes_no_rows_names_no_table() -> None:
    for sql in ("SELECT * FROM t", "CREATE TABLE t (a)", "DROP TABLE t", "WITH x AS (SELECT 1) SELECT 1", ""):
        head = read_head(sql)
        assert head.written is None and not head.writes_rows


def test_a_table_is_dropped_altered_and_renamed() -> None:
    def told(sql: str) -> tuple[str | None, str | None, tuple[str, str] | None]:
        head = read_head(sql)
        return head.dropped, head.altered, head.renamed

    assert told("DROP TABLE IF EXISTS main.[T 1]") == ("t 1", None, None)
    assert told("DROP VIEW t") == (None, None, None)
    assert told("ALTER TABLE T ADD COLUMN a") == (None, "t", None)
    assert told('ALTER TABLE main."T" RENAME TO U') == (None, "t", ("t", "u"))
    assert told("ALTER TABLE t RENAME COLUMN a TO b") == (None, "t", None)
    assert told("ALTER TABLE t RENAME a TO b") == (None, "t", None)


def test_what_changes_a_table_is_found_however_far_away_it_is_named() -> None:
    long = f"WITH x AS (SELECT '{'a' * 5000}') INSERT INTO far SELECT * FROM x"
    assert read_head(long).changed == "far" and read_head(long).written is None


def test_tables_are_mentioned_in_any_spelling() -> None:
    head: Head = read_head("UPDATE a SET x = 'b' WHERE [C] IN (SELECT 1 FROM \"d\") -- e")
    assert head.mentions(("A", "b", "c", "D", "e")) == {"a", "b", "c", "d"}
