"""Reading a remote database: one request for schema and ledger, one for all checks, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from landed.core.errors import Ambiguous, CannotKnow, Interrupted, NotProven, UsageError
from landed.core.migration import Statement
from landed.core.oneoff import Script
from landed.core.timeline import DataCheck
from landed.engines.d1.batch import LEDGER
from landed.engines.d1.oneoff import inlined
from landed.engines.sqlite.sql.split import split
from support.servers.d1_wire import Wire, refuse

LEDGER_SQL = LEDGER.format(table="d1_migrations")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running


def check(sql: str) -> DataCheck:
    return DataCheck(1, 1, sql, sql, derived=False)


class TestReading:
    def test_schema_and_ledger_in_one_request(self, wire: Wire) -> None:
        wire.execute(f"{LEDGER_SQL}; CREATE TABLE t (a); CREATE TABLE _cf_KV (k)")
        wire.execute(
            "INSERT INTO d1_migrations (name, applied_at) VALUES ('b', '2026-01-01'), ('a', '2026-01-02')"
        )
        state = wire.target().read()
        assert [a.path.rpartition("/")[2] for a in wire.asked] == ["query"]
        assert {r.name for r in state.rows} >= {"t", "d1_migrations"}
        assert not any(r.name.startswith("_cf_") for r in state.rows)
        assert state.ledger == ((1, "b", "2026-01-01"), (2, "a", "2026-01-02"))

    def test_only_selects_are_sent(self, wire: Wire) -> None:
        wire.target().read()
        assert all(sql.startswith("SELECT ") for asked in wire.asked for sql in asked.sql)
        assert wire.execute("SELECT * FROM sqlite_master") == []

    def test_without_a_ledger_there_are_two(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a)")
        state = wire.target().read()
        assert len(wire.asked) == 2
        assert state.ledger is None and state.ledger_problem is None
        assert [r.name for r in state.rows] == ["t"]

    def test_a_ledger_of_another_shape(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE d1_migrations (name PRIMARY KEY) WITHOUT ROWID")
        wire.execute("INSERT INTO d1_migrations VALUES ('a')")
        state = wire.target().read()
        assert state.ledger == ((1, "a", None),)

    def test_a_table_that_is_no_ledger(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE d1_migrations (version); INSERT INTO d1_migrations VALUES (1)")
        state = wire.target().read()
        assert state.ledger is None
        assert state.ledger_problem == "it has no column name (its columns: version)"

    def test_a_view_is_no_ledger(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (name); CREATE VIEW d1_migrations AS SELECT * FROM t")
        assert wire.target().read().ledger is None

    def test_the_database_is_gone(self, wire: Wire) -> None:
        wire.faults = {1: refuse(404, 7404, "not found")}
        with pytest.raises(CannotKnow, match="does not know the database db"):
            wire.target().read()


class TestChecks:
    def test_all_in_one_request(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
        target = wire.target()
        target.read()
        wire.asked.clear()
        found = target.check(
            [
                check("SELECT count(*) = 2 FROM t"),
                check("SELECT a = 2 FROM t WHERE a = 1 -- no"),
                check("WITH x AS (SELECT 1 AS o) SELECT o FROM x;"),
            ]
        )
        assert found == [(True, ""), (False, ""), (True, "")]
        assert len(wire.asked) == 1

    def test_a_broken_one_is_not_sent_and_does_no_harm(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a)")
        target = wire.target()
        found = target.check(
            [check("SELECT b FROM t"), check("SELECT 1"), check("DELETE FROM t"), check("SELECT 1; SELECT 2")]
        )
        assert [passed for passed, _ in found] == [None, True, None, None]
        assert found[0][1] == "no such column: b"
        assert found[2][1] == "the check writes"
        assert found[3][1] == "the check must be one statement"
        assert all("DELETE" not in sql for asked in wire.asked for sql in asked.sql)

    def test_one_that_fails_only_over_there_is_told_apart(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a); INSERT INTO t VALUES ('{bad')")
        found = wire.target().check([check("SELECT count(*) = 1 FROM t"), check("SELECT json(a) FROM t")])
        assert found[0] == (True, "")
        assert found[1][0] is None and "malformed JSON" in found[1][1]

    @pytest.mark.parametrize("sql", ["SELECT 1, 2", "SELECT 1 WHERE 0", "SELECT 1 UNION SELECT 2"])
    def test_more_or_less_than_one_value(self, wire: Wire, sql: str) -> None:
        assert wire.target().check([check(sql)]) == [(None, "the check must give one row with one value")]

    def test_many_rows_stay_there(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a)")
        wire.target().check([check("SELECT a FROM t")])
        assert wire.asked[-1].sql[0].endswith("LIMIT 2")


class TestTimeTravel:
    def test_bookmark_and_restore(self, wire: Wire) -> None:
        target = wire.target()
        assert target.bookmark() == "b00k-mark"
        assert target.bookmark("2026-11-22T00:00:00Z") == "b00k-mark"
        assert wire.asked[1].query == {"timestamp": "2026-11-22T00:00:00Z"}
        restored = target.restore("b00k-mark")
        assert (restored.bookmark, restored.previous) == ("b00k-mark", "b4")
        assert (wire.asked[2].method, wire.asked[2].query) == ("POST", {"bookmark": "b00k-mark"})

    def test_without_a_bookmark_nothing_is_written(self, wire: Wire) -> None:
        wire.execute(LEDGER_SQL)
        wire.faults = {2: refuse(403, 10000, "no")}
        with pytest.raises(CannotKnow), wire.target().writer():
            pytest.fail("opened")

    def test_the_way_back_is_exact(self, wire: Wire) -> None:
        with wire.target().writer() as writer:
            assert writer.undo is not None
            assert writer.undo.command == "landed undo --bookmark b00k-mark"
            assert writer.undo.platform_command == "wrangler d1 time-travel restore db --bookmark=b00k-mark"


def statement(sql: str) -> Statement:
    return split(sql)[0]


class TestOneOff:
    def test_reading(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, x'00ff'), (NULL, 2.5)")
        script = Script((statement("SELECT a, a AS a, b FROM t WHERE a IS NOT ?"),), (7,))
        target = wire.target()
        assert not target.preview(script).writes
        (outcome,) = target.query(script)
        assert outcome.columns == ("a", "a", "b")
        assert outcome.rows == [(1, 1, b"\x00\xff"), (None, None, 2.5)]

    def test_writing_is_one_request_all_or_nothing(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a UNIQUE)")
        target = wire.target()
        script = Script(split("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2), (3)"))
        assert target.preview(script).writes == (1, 2)
        with target.writer() as writer:
            assert [o.changes for o in writer.execute(script)] == [1, 2]
            with pytest.raises(NotProven, match="one of the 2 statements failed: UNIQUE constraint failed"):
                writer.execute(Script(split("INSERT INTO t VALUES (4); INSERT INTO t VALUES (1)")))
        assert wire.execute("SELECT count(*) FROM t") == [(3,)]

    def test_a_lost_reply_is_not_known_and_not_sent_again(self, wire: Wire) -> None:
        wire.execute("CREATE TABLE t (a)")
        target = wire.target()
        target.read()

        def lose(w: Wire, asked: object) -> None:
            if getattr(asked, "path", "").endswith("/raw"):
                w.answer(asked)  # type: ignore[arg-type]

        wire.faults = dict.fromkeys(range(4, 9), lose)
        with target.writer() as writer, pytest.raises(Ambiguous, match="not known whether the SQL ran"):
            writer.execute(Script((statement("INSERT INTO t VALUES (1)"),)))
        assert wire.execute("SELECT count(*) FROM t") == [(1,)]

    def test_interrupted(self, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
        wire.execute("CREATE TABLE t (a)")
        target = wire.target()
        write = target.connected.api.write

        def interrupted(*args: Any, **options: Any) -> None:
            write(*args, **options)
            raise KeyboardInterrupt

        monkeypatch.setattr(target.connected.api, "write", interrupted)
        with target.writer() as writer, pytest.raises(Interrupted, match="not known whether the SQL ran"):
            writer.execute(Script((statement("INSERT INTO t VALUES (1)"),)))

    @pytest.mark.parametrize(
        ("sql", "values"),
        [
            ("SELECT ?, ?", (1, "x")),
            ("SELECT ?2, ?1", (1.5, "it's")),
            ("SELECT :a, :b, :a", (None, b"\x01\xfe")),
            ("SELECT ?, '?', \"?\", ? -- ?", (-1, "?")),
            ("SELECT ?2, ?", (1, 2, 3)),
            ("SELECT 1", ()),
        ],
    )
    def test_literals_mean_what_parameters_would(self, sql: str, values: tuple[object, ...]) -> None:
        connection = apsw.Connection(":memory:")
        connection.execute("")
        sql = sql.replace('"?"', "'?'")
        bound = connection.execute(sql, values if values else None).fetchall()  # type: ignore[arg-type]
        text = inlined(statement(sql), values)  # type: ignore[arg-type]
        assert connection.execute(text).fetchall() == bound

    @pytest.mark.parametrize(("sql", "values"), [("SELECT ?", ()), ("SELECT 1", (1,)), ("SELECT ?3", (1,))])
    def test_values_that_do_not_fit(self, sql: str, values: tuple[object, ...]) -> None:
        with pytest.raises(UsageError, match="parameters"):
            inlined(statement(sql), values)  # type: ignore[arg-type]
