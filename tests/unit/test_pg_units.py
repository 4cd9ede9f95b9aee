"""What of a file commits together on Postgres, and what each part has to leave behind."""

from __future__ import annotations

from landed.core.applied import Consent
from landed.core.facts import EXISTS, YES, Change, FactKey
from landed.core.migration import Migration
from landed.core.timeline import DataCheck, StatementTrace, Step, net_effects
from landed.engines.postgres.sql.split import parse
from landed.engines.postgres.write.unit import Unit, units_of

INDEX = "CREATE INDEX CONCURRENTLY ON t (a)"


def units(text: str, *chosen: int, record: bool = True) -> list[Unit]:
    migration = Migration("1_a.sql", "1", "migrations/1_a.sql", text, parse)
    numbers = [s.number for s in migration.statements]
    traces = tuple(
        StatementTrace(n, 1, (Change(FactKey("table", "", f"t{n}", EXISTS), None, YES),)) for n in numbers
    )
    checks = (DataCheck(1, 1, "SELECT true", "own", False), DataCheck(1, 1, "SELECT true", "made", True))
    step = Step("1_a.sql", migration.digest, traces=traces, checks=checks, net=net_effects(traces))
    return units_of(migration, step, chosen or numbers, Consent(), record)


def cut(found: list[Unit]) -> list[tuple[list[int], bool, bool, bool]]:
    """The statements of each; whether it is alone, the last one, and recorded."""
    return [(sorted(unit.statements), unit.alone, unit.last, unit.record) for unit in found]


def test_a_file_is_one_unit() -> None:
    (unit,) = units("BEGIN; CREATE TABLE a (); CREATE TABLE b (); COMMIT")
    assert cut([unit]) == [([2, 3], False, True, True)]
    assert unit.row is not None and unit.row.version == "1"
    assert [check.text for check in unit.checks] == ["own"]


def test_statements_that_run_alone_cut_it_and_the_last_unit_records_it() -> None:
    found = units(f"CREATE TABLE a (); {INDEX}; CREATE TABLE b (); CREATE TABLE c ()")
    assert cut(found) == [
        ([1], False, False, False),
        ([2], True, False, False),
        ([3, 4], False, True, True),
    ]
    assert [unit.row is None for unit in found] == [True, True, False]
    assert [len(unit.checks) for unit in found] == [0, 0, 1]


def test_after_one_that_runs_alone_comes_one_without_statements() -> None:
    assert cut(units(INDEX)) == [([1], True, False, False), ([], False, True, True)]
    assert cut(units(INDEX, record=False)) == [([1], True, False, False), ([], False, True, False)]


def test_what_is_finished_keeps_its_cuts() -> None:
    text = f"CREATE TABLE a (); {INDEX}; CREATE TABLE b (); CREATE TABLE c ()"
    assert cut(units(text, 4)) == [([4], False, True, True)]
    assert cut(units(text, 2)) == [([2], True, False, False), ([], False, True, True)]
    assert cut(units("SET search_path = a", 99)) == [([], False, True, True)]


def test_each_proves_its_own_and_the_last_one_all() -> None:
    found = units(f"CREATE TABLE a (); {INDEX}; CREATE TABLE b ()")
    assert [sorted(key.name for key in unit.facts) for unit in found] == [["t1"], ["t2"], ["t1", "t2", "t3"]]
