"""The row guard within a batch: counts kept in a table that exists only inside it.

The rules are those of ``landed.engines.sqlite.rowguard``; here SQL measures and decides, since nobody can
look in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from landed.core.applied import Consent
from landed.core.facts import EXISTS, FactKey
from landed.core.timeline import Step
from landed.engines.d1 import guard_values
from landed.engines.d1.forecast import Forecast
from landed.engines.d1.guard_values import Kept
from landed.engines.sqlite import rowguard
from landed.engines.sqlite.renames import Renames
from landed.engines.sqlite.rowguard import Count, Loss, Reference
from landed.engines.sqlite.sql.tokens import literal, quote

GUARD = '"_landed_guard"'
VIOLATIONS = '"_landed_guard_fk"'
_ROWS = 100
_MEASURED = re.compile(r"([0-9]{1,9})=((?:-?[0-9]{1,19})?)>((?:-?[0-9]{1,19})?)(!?)")
_BROKEN = re.compile(r"((?:[0-9A-F]{2})*)>((?:[0-9A-F]{2})*)=([0-9]{1,9})")
_MOST_BROKEN = 100_000
"""Broken references that are told one by one; a message can claim any number."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure taken before and after: a table's rows, or the fingerprint of one of its references.

    ``rule`` says what would be a loss: ``gone`` and ``filled`` (anything was there before), ``rows``
    (fewer than before), ``print`` (another one, though the ``rows`` measure is equal), ``none``.
    """

    number: int
    rule: str
    table: str
    columns: tuple[str, ...] = ()
    of: int = 0
    before: str = "NULL"
    after: str = "NULL"


@dataclass(frozen=True, slots=True)
class Guard:
    """Everything that is measured around one file; empty where the file can lose nothing."""

    measures: tuple[Measure, ...] = ()
    known: tuple[Reference, ...] = ()
    references: bool = False
    unchecked: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    """Tables before and after that ``foreign_key_check`` fails on; D1 lets nobody insert in them either."""
    kept: tuple[Kept, ...] = ()
    """The columns whose values are held."""

    def __bool__(self) -> bool:
        return bool(self.measures) or self.references

    def setup(self) -> list[str]:
        """SQL before the file: make the tables, measure."""
        found = clear(self) if self else []
        if self.measures:
            found.append(f"CREATE TABLE {GUARD} (k INTEGER PRIMARY KEY, rule, of, b, a)")
        for part in _parts(self.measures):
            values = ", ".join(f"({m.number}, '{m.rule}', {m.of}, {m.before}, NULL)" for m in part)
            found.append(f"INSERT INTO {GUARD} (k, rule, of, b, a) VALUES {values}")
        found += guard_values.setup(GUARD, self.kept)
        if self.references:
            found.append(f"CREATE TABLE {VIOLATIONS} (c, r, p, f, PRIMARY KEY (c, r, p, f))")
            found.append(
                f'INSERT OR IGNORE INTO {VIOLATIONS} SELECT "table", rowid, parent, fkid '
                f"FROM {_checked(self.unchecked[0])}"
            )
        return found

    def measure_again(self) -> list[str]:
        """SQL after the file: the same figures once more."""
        found = []
        for part in _parts([m for m in self.measures if m.after != "NULL"]):
            cases = " ".join(f"WHEN {m.number} THEN {m.after}" for m in part)
            numbers = ", ".join(str(m.number) for m in part)
            found.append(f"UPDATE {GUARD} SET a = CASE k {cases} END WHERE k IN ({numbers})")
        return found + guard_values.again(GUARD, self.kept)

    @property
    def rows_hold(self) -> str:
        """The condition that nothing is lost but what was allowed."""
        return (
            f"NOT EXISTS (SELECT 1 FROM {GUARD} AS g WHERE (g.rule IN ('gone', 'filled') AND g.b > 0) "
            "OR (g.rule = 'rows' AND g.a < g.b) OR (g.rule = 'print' AND g.a IS NOT g.b AND EXISTS "
            f"(SELECT 1 FROM {GUARD} AS r WHERE r.k = g.of AND r.a = r.b AND r.b > 0))"
            f"{' OR ' + guard_values.lost(GUARD, 'g') if self.kept else ''})"
        )

    @property
    def rows_measured(self) -> str:
        """All figures as text (``number=before>after``, ``!`` where they differ), no values of rows."""
        differs = "a IS NOT b"
        if self.kept:
            lost = guard_values.lost(GUARD, "g")
            differs = f"CASE WHEN g.rule IN ('value', 'place') THEN {lost} ELSE a IS NOT b END"
        return (
            "(SELECT group_concat(k || '=' || CAST(b AS INTEGER) || '>' || "
            f"coalesce(CAST(a AS INTEGER), '') || CASE WHEN {differs} THEN '!' ELSE '' END, ' ') "
            f"FROM {GUARD} AS g)"
        )

    @property
    def references_hold(self) -> str:
        """The condition that no reference is broken that was whole."""
        return f"NOT EXISTS (SELECT 1 {self._new})"

    @property
    def references_measured(self) -> str:
        """How many are broken between which tables (names in hexadecimal), for the first 20 pairs."""
        return (
            "(SELECT group_concat(e, ' ') FROM (SELECT hex(n.\"table\") || '>' || hex(n.parent) || '=' || "
            f'count(*) AS e {self._new} GROUP BY n."table", n.parent LIMIT 20))'
        )

    @property
    def _new(self) -> str:
        return (
            f"FROM {_checked(self.unchecked[1])} AS n WHERE NOT EXISTS (SELECT 1 FROM {VIOLATIONS} AS o "
            'WHERE o.c IS n."table" AND o.r IS n.rowid AND o.p IS n.parent AND o.f IS n.fkid)'
        )


def _checked(without: frozenset[str]) -> str:
    """What lists the broken references, one table at a time where some cannot be checked."""
    if not without:
        return "pragma_foreign_key_check"
    names = ", ".join(map(literal, sorted(without)))
    return (
        '(SELECT f."table", f.rowid AS rowid, f.parent, f.fkid FROM sqlite_master AS m '
        "JOIN pragma_foreign_key_check(m.name) AS f WHERE m.type = 'table' "
        f"AND substr(m.name, 1, 4) <> '_cf_' AND lower(m.name) NOT IN ({names}))"
    )


def clear(guard: Guard) -> list[str]:
    """SQL that takes the guard's tables away."""
    found = [f"DROP TABLE IF EXISTS {GUARD}"] if guard.measures else []
    return [*found, f"DROP TABLE IF EXISTS {VIOLATIONS}"] if guard.references else found


def plan_guard(step: Step, forecast: Forecast, consent: Consent) -> Guard:
    """What has to be measured around a file, and which losses are allowed."""
    reached = forecast.reached
    renames = Renames(step)
    dropped = renames.tables_before(step.dropped)
    columns = _dropped_columns(step, forecast, renames)
    if not step.guarded and not columns and not reached and not forecast.held:
        return Guard()
    known = rowguard.references(forecast.before)
    found: list[Measure] = []
    risk = rowguard.at_risk(dropped, known) if step.guarded else set()
    for table in sorted(risk | reached):
        if FactKey("table", "", table, EXISTS) in forecast.before:
            found += _measures(table, len(found), known, forecast, dropped, consent, renames)
    for table, column in columns:
        allowed = Loss("drop-column", table, 0, column).allow in consent.allowed
        before = f"(SELECT count({quote(column)}) FROM {quote(table)})"
        rule = "none" if allowed else "filled"
        found.append(Measure(len(found) + 1, rule, table, (column,), before=before))
    numbers = {m.table: m.number for m in found if not m.columns}
    there = {(m.table, m.columns) for m in found}
    for held in forecast.held:
        table, column = held.table, held.column
        kind = "drop-column" if held.gone else "change-rows"
        if (table, (column,)) in there or Loss(kind, table, 0, column).allow in consent.allowed:
            continue
        if held.gone:
            before = f"(SELECT count({quote(column)}) FROM {quote(table)})"
            found.append(Measure(len(found) + 1, "filled", table, (column,), before=before))
    wanted = [h for h in forecast.held if not h.gone and (h.table, (h.column,)) not in there]
    kept = guard_values.plan(wanted, numbers, len(found), consent)
    if kept and not found:
        found.append(Measure(0, "none", kept[0].table))
    return Guard(tuple(found), tuple(known), step.guarded, forecast.unchecked, tuple(kept))


def losses_of(guard: Guard, measured: str, step: Step, forecast: Forecast, consent: Consent) -> list[Loss]:
    """What the figures in a failed proof's message mean; allowed losses are left out."""
    seen = {int(k): (int(b or 0), int(a or 0), bool(d)) for k, b, a, d in _MEASURED.findall(measured)}
    before: dict[str, Count] = {}
    now: dict[str, int] = {}
    prints: dict[tuple[str, tuple[str, ...]], tuple[object, ...]] = {}
    found: list[Loss] = []
    numbers = {m.table: m.number for m in guard.measures if not m.columns}
    for measure in guard.measures:
        was, now_is, differs = seen.get(measure.number, (0, 0, False))
        if measure.number == numbers.get(measure.table):
            own = [m for m in guard.measures if m.of == measure.number]
            before[measure.table] = Count(
                was, {m.columns: (seen.get(m.number, (0, 0, False))[0], False) for m in own}
            )
            now[measure.table] = now_is
        elif measure.of:
            prints[measure.table, measure.columns] = (now_is, differs)
        elif was:
            found.append(Loss("drop-column", measure.table, was, measure.columns[0]))
    renames = Renames(step)
    found += rowguard.losses(
        before,
        now.__getitem__,
        lambda table, columns: prints[table, columns],
        forecast.after,
        renames.tables_before(step.dropped),
        forecast.deleted,
        forecast.updated,
        list(guard.known),
        renames,
    )
    for one in guard.kept:
        was, now_is, differs = seen.get(one.number, (0, 0, False))
        if differs:
            lost = was - now_is if now_is < was else was
            found.append(Loss("change-rows", one.table, lost, one.column))
    return [loss for loss in found if loss.allow not in consent.allowed]


def broken_of(measured: str) -> list[tuple[object, ...]]:
    """The broken references in a failed proof's message, one tuple (child, -, parent) for each row."""
    return [
        (_name(child), None, _name(parent))
        for child, parent, count in _BROKEN.findall(measured)[:_ROWS]
        for _ in range(min(int(count), _MOST_BROKEN))
    ]


def _name(digits: str) -> str:
    return bytes.fromhex(digits).decode(errors="replace")


def _measures(
    table: str,
    used: int,
    known: Iterable[Reference],
    forecast: Forecast,
    dropped: set[str],
    consent: Consent,
    renames: Renames,
) -> list[Measure]:
    called, _ = renames.now(table)
    there = FactKey("table", "", called, EXISTS) in forecast.after
    count, again = (f"(SELECT count(*) FROM {quote(name)})" for name in (table, called))
    allowed = consent.allowed
    if there:
        said = (
            table in renames.tables_before(forecast.deleted) or Loss("lose-rows", table, 0).allow in allowed
        )
        rows = Measure(used + 1, "none" if said else "rows", table, before=count, after=again)
    else:
        said = table not in dropped or Loss("drop-table", table, 0).allow in allowed
        rows = Measure(used + 1, "none" if said else "gone", table, before=count)
    found = [rows]
    for reference in known:
        present = renames.now(table, reference.columns)[1]
        if reference.child != table or any(
            FactKey("column", called, c, EXISTS) not in forecast.after for c in present
        ):
            continue
        figure, afresh = _fingerprint(table, reference.columns), _fingerprint(called, present)
        loss = Loss("change-rows", table, 0, ", ".join(reference.columns))
        said = table in renames.tables_before(forecast.updated) or loss.allow in allowed
        rule = "none" if said else "print"
        number = used + len(found) + 1
        found.append(Measure(number, rule, table, reference.columns, rows.number, figure, afresh))
    return found


def _fingerprint(table: str, columns: tuple[str, ...]) -> str:
    """The figures of ``rowguard.fingerprint`` as one text that begins with how many values there are."""
    parts = " || '|' || ".join(
        f"count({c}) || '|' || count(DISTINCT {c}) || '|' || quote(min({c})) || '|' || quote(max({c})) "
        f"|| '|' || total(length({c}))"
        for c in map(quote, columns)
    )
    return f"(SELECT {parts} FROM {quote(table)})"


def _dropped_columns(step: Step, forecast: Forecast, renames: Renames) -> list[tuple[str, str]]:
    found = []
    for table, column in renames.lost:
        if FactKey("column", table, column, EXISTS) not in forecast.before:
            continue
        if renames.table(table) is not None or FactKey("table", "", table, EXISTS) in forecast.after:
            found.append((table, column))
    return found


def _parts(measures: Iterable[Measure]) -> Iterable[list[Measure]]:
    whole = list(measures)
    return [whole[at : at + _ROWS] for at in range(0, len(whole), _ROWS)]
