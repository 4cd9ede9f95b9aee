"""Triggers that hosted D1 cuts: known beforehand, and the form that is printed is the same trigger."""

from __future__ import annotations

import apsw
import pytest

from landed.engines.sqlite.sql.cut_triggers import is_trigger, perils, whole
from support.servers.d1_standin_database import cuts

HEAD = "CREATE TRIGGER g AFTER INSERT ON t "
RISKY = {
    "lower begin": HEAD + "begin UPDATE t SET a = 1 WHERE a = new.a; END",
    "lower both": "create trigger g after insert on t\nbegin\n  update t set a = 1;\nend",
    "mixed": HEAD + "Begin UPDATE t SET a = 1; End",
    "case at the end": HEAD + "BEGIN SELECT CASE WHEN new.a < 0 THEN RAISE(ABORT, 'no; END') END; END",
    "case of a value": HEAD + "BEGIN UPDATE t SET b = CASE new.a WHEN 1 THEN 'one' ELSE 'x' END; END",
    "case in the middle": HEAD + "BEGIN UPDATE t SET b = CASE WHEN a THEN 1 END WHERE a = new.a; END",
    "nested case": HEAD + "BEGIN SELECT CASE WHEN 1 THEN CASE WHEN 0 THEN 2 ELSE 3 END ELSE 4 END; END",
    "two cases": HEAD + "BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT CASE WHEN 0 THEN 1 END; END",
    "windows": HEAD + "BEGIN\r\n  UPDATE t SET a = 1;\r\nEND",
    "comments": HEAD + "-- when; it ends\nbegin /* END; */ UPDATE t SET a = 'end; begin'; end",
    "a column called end": HEAD + 'begin UPDATE t SET a = new.end, "end" = 1; END',
}
SAFE = {
    "plain": HEAD + "BEGIN UPDATE t SET a = 1 WHERE a = new.a; END",
    "parentheses": HEAD + "BEGIN SELECT (CASE WHEN new.a < 0 THEN 1 END); END",
    "iif": HEAD + "BEGIN SELECT iif(new.a < 0, RAISE(ABORT, 'no'), 1); END",
    "when": "CREATE TRIGGER g AFTER INSERT ON t WHEN new.a < 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
    "words in quotes": HEAD + "BEGIN UPDATE t SET b = 'begin CASE end;'; END",
    "a column called end": HEAD + "BEGIN UPDATE t SET a = new.end; END",
    "a table": "CREATE TABLE t2 (a CHECK (CASE WHEN a THEN 1 END))",
    "a view": "CREATE VIEW v AS SELECT CASE WHEN a THEN 1 END AS x FROM t",
}


@pytest.mark.parametrize("sql", RISKY.values(), ids=RISKY)
def test_it_is_known_and_the_other_form_is_not_cut(sql: str) -> None:
    assert perils(sql)
    form = whole(sql)
    assert perils(form) == []
    assert cuts(form) == [form]
    assert len(form.splitlines()) == 1


@pytest.mark.parametrize("sql", RISKY.values(), ids=RISKY)
def test_the_other_form_is_the_same_trigger(sql: str) -> None:
    """It does to rows what the trigger as written does."""
    found = []
    for text in (sql, whole(sql)):
        connection = apsw.Connection(":memory:")
        connection.execute('CREATE TABLE t (a, b, "end"); INSERT INTO t VALUES (5, 6, 7)')
        connection.execute(text)
        for value in (1, 0, -1):
            try:
                connection.execute('INSERT INTO t (a, b, "end") VALUES (?, 2, 3)', (value,))
                said = ""
            except apsw.ConstraintError as error:
                said = str(error)
            found.append((value, said, connection.execute("SELECT * FROM t").fetchall()))
    assert found[:3] == found[3:]


@pytest.mark.parametrize("sql", SAFE.values(), ids=SAFE)
def test_nothing_is_said_of_what_is_not_cut(sql: str) -> None:
    assert perils(sql) == []
    assert cuts(sql) == [sql]
    assert is_trigger(sql) is ("TRIGGER" in sql)
