"""What has to hold after a file has run in a SQLite database: facts, rows, references, its own checks."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import apsw

from landed.core.applied import Consent
from landed.core.errors import Code, NotProven, Where
from landed.core.facts import EXISTS, Effects, FactKey, holds
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, STATUS, Next
from landed.core.timeline import Step
from landed.engines import say
from landed.engines.sqlite import messages, rowguard, values
from landed.engines.sqlite.catalog.tracker import SchemaTracker
from landed.engines.sqlite.history import refusal
from landed.engines.sqlite.lacking import lacking, positions, remade, rewound
from landed.engines.sqlite.references import broken_references
from landed.engines.sqlite.renames import Renames
from landed.engines.sqlite.rowreach import reach
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold, quote

if TYPE_CHECKING:
    from landed.engines.sqlite.shadow.observer import Observer


class Watched(NamedTuple):
    """An open database, with what follows its schema, what sees each statement, and its history table."""

    connection: apsw.Connection
    tracker: SchemaTracker
    observer: Observer
    ledger: str


class Proof:
    """What is measured before a file runs, and what must hold after it."""

    def __init__(
        self,
        session: Watched,
        migration: Migration,
        step: Step,
        consent: Consent,
        chosen: Collection[int] = (),
        older: Collection[FactKey] = frozenset(),
    ) -> None:
        self._session = session
        self._connection = session.connection
        self._tracker = session.tracker
        self._migration = migration
        self._step = step
        self._consent = consent
        self._chosen = chosen
        self._older = older
        self._facts: dict[FactKey, str] = {}
        self._positions: dict[str, int] = {}
        self._held: list[values.Held] = []
        self._figures: dict[tuple[str, str], values.Figures] = {}
        self._renames = Renames(step)
        self._dropped = self._renames.tables_before(step.dropped)
        self._deleted: set[str] = set()
        self._updated: set[str] = set()
        self._created_only = True
        self._ddl = False
        self.may_trigger = False
        """Whether the file may have made a trigger, which could be one on the ledger."""
        self._losses: list[rowguard.Loss] = []
        self.counts: dict[str, rowguard.Count] = {}
        self._violations: set[tuple[object, ...]] = set()
        self.references: list[rowguard.Reference] = []

    def before(self) -> None:
        """Count rows and broken references where the file can lose or break any; unrestricted."""
        facts = self._tracker.facts
        self._losses = self._dropped_columns(facts)
        reached = reach(self._migration, self._chosen, facts)
        if self._step.guarded or self._losses or reached.counted:
            self.references = rowguard.references(facts)
            risk = rowguard.at_risk(self._dropped, self.references) if self._step.guarded else set()
            self.counts = rowguard.count(self._connection, risk | reached.counted, facts, reached.replaced)
        if self._dropped or self._renames.anew:
            known = facts | {k: v for k, (_, v, _) in self._step.net.items() if v is not None}
            expected = {k: v for k, v in known.items() if self._step.net.get(k, ("", v))[1] is not None}
            self._held = values.held(
                self._migration, self._chosen, self._renames, self._dropped, facts, expected
            )
            self._figures = values.figures(self._connection, self._held)
        if self._dropped:
            self._facts = dict(facts)
            own = {t for t in self._dropped if FactKey("table", "", t, EXISTS) in self._older}
            self._positions = positions(self._connection, own)
        if self._step.guarded:
            self._violations = set(broken_references(self._connection))

    def note(self, statement: Statement) -> None:
        """Take in what the statement that just ran was seen to do."""
        seen = self._session.observer.take()
        ledger = self._session.ledger
        if fold(ledger) in map(fold, seen.written | seen.dropped_tables | seen.altered):
            raise refusal(self._migration, statement, ledger, say.ROLLED_BACK)
        self._created_only = self._created_only and (seen.created_only or not seen.ddl)
        self._ddl = self._ddl or seen.ddl
        self.may_trigger = self.may_trigger or "trigger" in statement.text.lower()
        # A cascade is reported as a write, too; only tables that the text names were meant.
        wrote = bool(seen.deleted_from or seen.updated)
        if wrote and (named := head_of(statement).written) is not None:
            if named in {n.lower() for n in seen.deleted_from}:
                self._deleted.add(named)
            if named in {n.lower() for n in seen.updated}:
                self._updated.add(named)
        if not seen.dropped_tables or all(n.lower() in self._dropped for n in seen.dropped_tables):
            return
        late = {n.lower() for n in seen.dropped_tables} - self._dropped
        known = {t for t in late if FactKey("table", "", t, EXISTS) in self._tracker.facts}
        if known:
            raise NotProven(
                f"{self._migration.name} drops {', '.join(sorted(known))} here, which it does not do in the "
                "replay of the files; its rows were not counted, so it was rolled back.",
                code=Code.CHANGED,
                where=Where(self._migration.file, statement.line, statement.number),
                next=STATUS,
            )

    def after(self) -> None:
        """Read everything back, unrestricted; raises NotProven or NeedsConfirmation if it does not hold."""
        changed: Effects = ()
        if self._ddl:
            changed = self._tracker.new_objects() if self._created_only else self._tracker.reread()
        self._effects(changed)
        if self.counts or self._losses or self._held:
            self._rows()
        if self._dropped:
            self._lacking()
        if self._step.guarded:
            self._integrity()
        if any(not check.derived for check in self._step.checks):
            self._connection.execute("PRAGMA query_only=1").fetchall()
            try:
                self._checks()
            finally:
                self._connection.execute("PRAGMA query_only=0").fetchall()

    def _dropped_columns(self, facts: dict[FactKey, str]) -> list[rowguard.Loss]:
        losses = []
        for table, column in self._renames.lost:
            if FactKey("column", table, column, EXISTS) not in facts:
                continue
            if self._renames.table(table) is None and FactKey("table", "", table, EXISTS) in self._step.net:
                continue
            filled = int(
                self._connection.execute(f"SELECT count({quote(column)}) FROM main.{quote(table)}").get
            )
            if filled:
                losses.append(rowguard.Loss("drop-column", table, filled, column))
        return losses

    def _effects(self, changed: Effects) -> None:
        missing = [
            (key, after, number)
            for key, (_, after, number) in self._step.net.items()
            if not holds(key, after, self._tracker.facts.get(key))
        ]
        if missing:
            raise say.effects_missing(self._migration, self._step, missing, self._tracker.facts)
        lost = [c.key for c in changed if c.after is None and c.key.prop == EXISTS]
        named = {c.key for trace in self._step.traces for c in trace.effects} if lost else set()
        unexpected = [key for key in lost if key not in named]
        refused = [key for key in unexpected if f"drop-{key.kind}:{_short(key)}" not in self._consent.allowed]
        if refused:
            raise say.object_lost(self._migration, refused, [f"drop-{k.kind}:{_short(k)}" for k in refused])

    def _rows(self) -> None:
        losses = self._losses + rowguard.compare(
            self._connection,
            self.counts,
            self._tracker.facts,
            self._dropped,
            self._deleted,
            self._updated,
            self.references,
            self._renames,
        )
        fewer = {loss.table for loss in losses if loss.kind == "lose-rows"}
        kept = [column for column in self._held if column.table not in fewer]
        told = {loss.allow for loss in losses}
        found = values.losses(kept, self._figures, values.figures(self._connection, kept))
        losses += [loss for loss in found if loss.allow not in told]
        refused = [loss for loss in losses if loss.allow not in self._consent.allowed]
        if refused:
            raise messages.rows_lost(self._migration, self._step, refused, self.references)

    def _lacking(self) -> None:
        after = self._tracker.facts
        tables = remade(self._facts, after, self._dropped)
        found = lacking(self._facts, after, tables, self._migration, self._older)
        found += rewound(self._positions, positions(self._connection, tables), after)
        refused = [lack for lack in found if lack.allow not in self._consent.allowed]
        if refused:
            raise messages.lacks(self._migration, refused)

    def _integrity(self) -> None:
        broken = [v for v in broken_references(self._connection) if v not in self._violations]
        if broken:
            raise messages.references_broken(self._migration, broken)
        if not self._violations:
            # The final state is whole: a counter of deferred violations left over by a rebuild
            # would fail the commit all the same (D1: "internal error; reference = …").
            self._connection.execute("PRAGMA defer_foreign_keys=off").fetchall()

    def _checks(self) -> None:
        from landed.engines.sqlite.shadow.run_check import run_check

        for check in self._step.checks:
            if check.derived:
                continue
            passed, why = run_check(self._connection, check)
            if not passed:
                raise NotProven(
                    f"{self._migration.name} ran, but its own check is not true: {check.text}",
                    code=Code.OWN_CHECK,
                    where=Where(self._migration.file, check.line),
                    details=[*([why] if why else []), "The file was rolled back and is not recorded."],
                    next=Next("Correct the file or the check, then run: ", APPLY.afterwards()),
                )


def _short(key: FactKey) -> str:
    return f"{key.parent}.{key.name}" if key.parent else key.name
