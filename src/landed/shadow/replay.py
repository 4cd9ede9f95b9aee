"""Replaying migrations in a shadow and taking the effects of every statement from its catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from landed.catalog.sqlite import SchemaRow, object_facts, owned, resolve
from landed.core.facts import Change, Effects, FactKey
from landed.core.migration import Migration, Statement
from landed.core.timeline import DataCheck, Failure, StatementTrace, Step, net_effects
from landed.shadow.checks import derived_check
from landed.shadow.claims import claimed_effects
from landed.shadow.sandbox import explain_refusal, open_sandbox

if TYPE_CHECKING:
    import apsw

_SCHEMA = "SELECT rowid, type, name, tbl_name, sql FROM sqlite_master"
_IMPLICIT = "(primary key)"


class Replayer:
    """A shadow database and what it holds; replays one migration at a time.

    ``mode`` is ``"d1"`` (what D1 refuses is refused, foreign keys are enforced, one transaction per
    file) or ``"sqlite"``. ``image`` is the serialised shadow to go on from.
    """

    def __init__(self, mode: str, *, ledger_table: str | None = None, image: bytes | None = None) -> None:
        self.mode = mode
        self.ledger_table = ledger_table
        self.connection, self.observer = open_sandbox(mode, image)
        self._rows: dict[tuple[str, str], SchemaRow] = {}
        self._raw: dict[FactKey, str] = {}
        self._implicit: dict[FactKey, str] = {}
        self._last_rowid = 0
        self._virtual: set[str] = set()
        self.facts: dict[FactKey, str] = {}
        if image is not None:
            self._reread()

    def load(self, rows: Iterable[SchemaRow]) -> list[str]:
        """Build a given schema (tables first) instead of replaying; returns what could not be built."""
        problems: list[str] = []
        order = {"table": 0, "index": 1, "view": 2, "trigger": 3}
        for row in sorted((r for r in rows if r.sql), key=lambda r: order.get(r.type, 9)):
            if not owned(row, frozenset(self._virtual), self.ledger_table) and row.name != self.ledger_table:
                continue
            try:
                self.connection.execute(row.sql).fetchall()
            except _sql_errors() as error:
                problems.append(f"{row.type} {row.name}: {error}")
            if row.sql[:30].upper().lstrip().startswith("CREATE VIRTUAL"):
                self._virtual.add(row.name.lower())
        self._reread()
        self.observer.take()
        return problems

    def replay(self, migration: Migration) -> Step:
        """Run one file statement by statement; a statement that fails does not stop the rest."""
        parsed = migration.parsed
        traces: list[StatementTrace] = []
        failures: list[Failure] = []
        checks = [DataCheck(0, v.line, v.sql, _short(v.sql), derived=False) for v in parsed.verifies]
        dropped: dict[str, None] = {}
        deleted: dict[str, None] = {}
        guarded = False
        self._begin()
        for statement in parsed.statements:
            trace, failure, seen = self._statement(statement)
            traces.append(trace)
            if failure is not None:
                failures.append(failure)
                continue
            if trace.writes:
                check = derived_check(statement, self.facts)
                if check is not None:
                    checks.append(check)
            dropped.update(dict.fromkeys(seen.dropped_tables))
            deleted.update(dict.fromkeys(seen.deleted_from))
            guarded = guarded or bool(seen.dropped_tables or seen.altered or seen.pragmas)
        failure = self._commit(parsed.statements)
        if failure is not None:
            failures.append(failure)
        done = tuple(traces)
        return Step(
            name=migration.name,
            digest=migration.digest,
            traces=done,
            failures=tuple(failures),
            checks=tuple(checks),
            dropped=tuple(sorted(dropped)),
            deleted=tuple(sorted(deleted)),
            guarded=guarded,
            net=net_effects(done),
        )

    def image(self) -> bytes:
        """The shadow as bytes, to go on from later."""
        return self.connection.serialize("main")

    def close(self) -> None:
        """Close the shadow; it lived in memory only."""
        self.connection.close()

    def rows(self) -> list[SchemaRow]:
        """The schema rows that the shadow holds now, the platform's own left out."""
        return list(self._rows.values())

    def _begin(self) -> None:
        with self.observer.lifted():
            self.connection.execute("BEGIN")

    def _commit(self, statements: Sequence[Statement]) -> Failure | None:
        """End the file's transaction; a reference that is still broken is the file's failure."""
        with self.observer.lifted():
            if not self.connection.in_transaction:
                return None
            broken = self.connection.execute("PRAGMA foreign_key_check").fetchall() if self.mode == "d1" else []
            if not broken:
                self.connection.execute("PRAGMA defer_foreign_keys=off").fetchall()
            try:
                self.connection.execute("COMMIT")
                return None
            except _sql_errors() as error:
                self.connection.execute("PRAGMA defer_foreign_keys=off").fetchall()
                self.connection.execute("COMMIT")
                last = statements[-1]
                return Failure(last.number, last.line, f"at the end of the file: {error}")

    def _statement(self, statement: Statement) -> tuple[StatementTrace, Failure | None, object]:
        self.observer.take()
        try:
            self.connection.execute(statement.text).fetchall()
        except _sql_errors() as error:
            self.observer.take()
            return self._failed(statement, error)
        seen = self.observer.take()
        effects: Effects = ()
        if seen.ddl:
            effects = self._new_objects() if seen.created_only else self._reread()
        writes = bool(seen.inserted_into or seen.updated or seen.deleted_from)
        return StatementTrace(statement.number, statement.line, effects, writes), None, seen

    def _failed(self, statement: Statement, error: Exception) -> tuple[StatementTrace, Failure, object]:
        if not self.connection.in_transaction:
            self._begin()
            self._reread()
        reason = explain_refusal(error, statement.text) or str(error)
        claims = claimed_effects(statement.text, self.facts)
        trace = StatementTrace(statement.number, statement.line, claims, weak=True)
        return trace, Failure(statement.number, statement.line, reason), None

    def _new_objects(self) -> Effects:
        """The effects of a statement that only created objects: rows with a new rowid."""
        with self.observer.lifted():
            found = self.connection.execute(_SCHEMA + " WHERE rowid > ?", (self._last_rowid,)).fetchall()
        changes: dict[FactKey, tuple[str | None, str | None]] = {}
        rows = []
        for rowid, *rest in found:
            self._last_rowid = max(self._last_rowid, rowid)
            row = SchemaRow(*rest)
            if row.sql and row.sql[:20].upper().startswith("CREATE VIRTUAL"):
                self._virtual.add(row.name.lower())
            rows.append(row)
        virtual = frozenset(self._virtual)
        for row in rows:
            if owned(row, virtual, self.ledger_table):
                self._rows[row.type, row.name] = row
                for key, value in object_facts(row):
                    changes[key] = (None, value)
        return self._apply(changes)

    def _reread(self) -> Effects:
        """The effects of any statement: compare the schema's texts, parse only those that differ."""
        with self.observer.lifted():
            found = self.connection.execute(_SCHEMA).fetchall()
        self._last_rowid = max((r[0] for r in found), default=0)
        rows = [SchemaRow(*rest) for _, *rest in found]
        self._virtual = {r.name.lower() for r in rows if r.sql and r.sql[:20].upper().startswith("CREATE VIRTUAL")}
        virtual = frozenset(self._virtual)
        now = {(r.type, r.name): r for r in rows if owned(r, virtual, self.ledger_table)}
        changes: dict[FactKey, tuple[str | None, str | None]] = {}
        for name, row in self._rows.items():
            if now.get(name) != row:
                for key, value in object_facts(row):
                    changes[key] = (value, None)
        for name, row in now.items():
            if self._rows.get(name) != row:
                for key, value in object_facts(row):
                    before = changes.get(key, (None, None))[0]
                    changes[key] = (before, value)
        self._rows = now
        return self._apply(changes)

    def _apply(self, raw: dict[FactKey, tuple[str | None, str | None]]) -> Effects:
        """Carry changes into the facts, resolving references that do not name the parent's columns."""
        touched: set[FactKey] = set()
        parents: set[str] = set()
        for key, (_, value) in raw.items():
            if value is None:
                self._raw.pop(key, None)
                self._implicit.pop(key, None)
            else:
                self._raw[key] = value
                if key.kind == "foreign key" and value.endswith(_IMPLICIT):
                    self._implicit[key] = value[: -len(_IMPLICIT)]
                else:
                    self._implicit.pop(key, None)
            touched.add(key)
            if key.kind == "primary key" and key.prop == "columns":
                parents.add(key.parent)
        if self._implicit:
            touched |= {key for key, parent in self._implicit.items() if parent in parents}
        values = self._resolved(touched)
        changes: list[Change] = []
        for key in touched:
            before, after = self.facts.get(key), values.get(key)
            if before == after:
                continue
            changes.append(Change(key, before, after))
            if after is None:
                del self.facts[key]
            else:
                self.facts[key] = after
        changes.sort()
        return tuple(changes)

    def _resolved(self, keys: set[FactKey]) -> dict[FactKey, str]:
        values = {key: self._raw[key] for key in keys if key in self._raw}
        implicit = {key: values[key] for key in keys if key in self._implicit}
        if implicit:
            for key in implicit:
                parent_key = FactKey("primary key", self._implicit[key], "", "columns")
                if parent_key in self._raw:
                    implicit[parent_key] = self._raw[parent_key]
            values.update({k: v for k, v in resolve(implicit).items() if k in keys})
        return values


def _sql_errors() -> tuple[type[Exception], ...]:
    import apsw

    return (apsw.Error, ValueError, TypeError)


def _short(sql: str) -> str:
    folded = " ".join(sql.split())
    return folded if len(folded) <= 100 else folded[:97] + "…"


if TYPE_CHECKING:
    _Connection = apsw.Connection
