"""Every file in a shadow, first without rows, then with a row in every table it can reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landed.core.describe import describe
from landed.core.errors import LimitReached
from landed.core.facts import EXISTS, YES, FactKey
from landed.core.findings import FailureFound, FileRehearsal, Rehearsal, names
from landed.core.migration import Migration, Statement
from landed.core.timeline import Failure, Progress, StatementTrace, Step
from landed.engines.sqlite.base import SqliteBase
from landed.engines.sqlite.history import history_change, reason
from landed.engines.sqlite.lacking import lacking, remade
from landed.engines.sqlite.references import Mismatch, mismatches
from landed.engines.sqlite.rehearse.scene import Scene
from landed.engines.sqlite.rehearse.seeded import run_seeded
from landed.engines.sqlite.remedies.rewriting import rewritten
from landed.engines.sqlite.renames import Renames
from landed.engines.sqlite.rowguard import Reference, references
from landed.engines.sqlite.rowreach import reach
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.shadow.sandbox import Seen
from landed.engines.sqlite.sql import cut_triggers
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.split import parse
from landed.engines.sqlite.sql.tokens import fold, unquote
from landed.engines.sqlite.sql.transactions import left_out

TRANSACTION = (
    "BEGIN TRANSACTION and COMMIT are left out, as local wrangler does: every file is one transaction; "
    "to the hosted service wrangler sends them, and D1 refuses them"
)
"""Said of a file with a transaction of its own (workerd#5411)."""


def rehearse(engine: SqliteBase, *, progress: Progress | None = None) -> Rehearsal:
    """Replay all files in file order, one transaction each, foreign keys as the mode has them, and references
    checked before the end. Raises ConfigError, CannotKnow."""
    found = engine.migrations()
    replayer = _Watched(engine.mode, ledger_table=engine.ledger_table, clock=engine.clock)
    files: list[FileRehearsal] = []
    try:
        base = engine.base()
        if base is not None:
            _file(replayer, base)
        for index, migration in enumerate(found.migrations):
            if progress is not None:
                progress(index, len(found.migrations), migration.name)
            files.append(_file(replayer, migration, engine.ledger_table))
    finally:
        replayer.close()
    return Rehearsal(tuple(files), tuple(n.text for n in found.notes))


class _Watched(Replayer):
    """A replayer that remembers what each statement of the last file was seen to do."""

    seen: dict[int, Seen | None]
    _known: frozenset[Mismatch] = frozenset()

    def unchecked(self) -> list[str]:
        """A note for every foreign key to columns that are no key, where the last file made it one."""
        with self.observer.lifted() as connection:
            found = mismatches(connection)
        new = [m for m in found if m not in self._known]
        self._known = frozenset(found)
        when = "" if self.mode == "d1" else "with foreign keys on "
        return [
            f"{m}: {when}rows of {m.child} can be neither inserted nor deleted, rows of {m.parent} not "
            "deleted (foreign key mismatch)"
            for m in new
        ]

    def _statement(
        self, migration: Migration, statement: Statement
    ) -> tuple[StatementTrace, Failure | None, Seen | None]:
        trace, failure, seen = super()._statement(migration, statement)
        self.seen[statement.number] = seen
        return trace, failure, seen


def _file(replayer: _Watched, migration: Migration, ledger: str = "") -> FileRehearsal:
    """Rehearse one file; one that changes the history table ``ledger`` is not run by apply."""
    image = replayer.image()
    facts = dict(replayer.facts)
    tables = [
        row.name
        for row in replayer.tracker.rows.values()
        if row.type == "table" and FactKey("table", "", fold(row.name), EXISTS) in facts
    ]
    replayer.seen = {}
    step = replayer.replay(migration)
    unchecked = replayer.unchecked()
    failures = [FailureFound(f.statement, f.line, f.message) for f in step.failures]
    history = history_change(migration, [s.number for s in migration.statements], ledger) if ledger else None
    if history is not None:
        failures = [f for f in failures if f.statement != history.number]
        failures.append(FailureFound(history.number, history.line, reason(ledger)))
    changes = tuple(describe(step, Renames(step)))
    notes = [n.text for n in migration.notes] + _dropped(step) + unchecked
    notes += _goes_along(migration, step, facts, replayer.facts)
    if replayer.mode == "d1" and left_out(replayer.mode, migration):
        notes.append(TRANSACTION)
    if replayer.mode == "d1":
        notes += cut_triggers.told(migration)
    if not tables or not _reaches_rows(migration, replayer.seen, facts):
        instead = _instead(replayer, image, migration) if failures else ()
        return FileRehearsal(migration, changes, tuple(failures), notes=tuple(notes), instead=instead)
    known = references(facts)
    reached = _reached(step, replayer.seen, tables, known)
    needed = _needed(reached, facts, known)
    scene = Scene(
        mode=replayer.mode,
        image=image,
        migration=migration,
        step=step,
        facts=facts,
        references=tuple(known),
        watched=tuple(t for t in tables if fold(t) in reached),
        tables=tuple(t for t in tables if fold(t) in needed),
        clock=replayer.clock,
    )
    result = run_seeded(scene)
    return FileRehearsal(
        migration,
        changes,
        tuple(sorted([*failures, *result.failures], key=lambda f: f.statement)),
        result.rows_lost,
        result.rows_changed,
        (*notes, *result.notes),
        instead=_instead(replayer, image, migration)
        if failures or result.failures or result.rows_lost or result.rows_changed
        else (),
    )


def _instead(replayer: Replayer, image: bytes, migration: Migration) -> tuple[str, ...]:
    """Statements that do the same to the tables and keep every row, if they are known."""
    before = Replayer(replayer.mode, ledger_table=replayer.ledger_table, image=image, clock=replayer.clock)
    try:
        return rewritten(before, migration, parse)
    except LimitReached:
        # What D1 refuses as too large is more than a replay by SQLite's own rules may take, too.
        return ()


def _reaches_rows(migration: Migration, seen: dict[int, Seen | None], facts: dict[FactKey, str]) -> bool:
    """Whether rows that are there before the file can make a difference to it, or it to them."""
    for statement in migration.statements:
        did = seen.get(statement.number)
        if did is None:
            return True
        if did.created_only:
            # An index over expressions computes them from the rows that are there.
            if "INDEX" in statement.text[:40].upper() and statement.text.count("(") > 1:
                return True
        elif did.ddl or did.written:
            return True
    return False


def _reached(
    step: Step, seen: dict[int, Seen | None], tables: Sequence[str], known: Sequence[Reference]
) -> set[str]:
    """The tables (folded) whose rows a file can touch: those it names, what refers to those it empties."""
    if any(did is None for did in seen.values()):
        return {fold(t) for t in tables}
    named = {
        fold(unquote(c.after))
        for t in step.traces
        for c in t.effects
        if c.key.kind == "index" and c.key.prop == "table" and c.after
    }
    emptied: set[str] = set()
    for did in seen.values():
        assert did is not None
        removing = did.dropped_tables | did.deleted_from | did.updated | did.cascaded
        emptied |= _folded(removing)
        named |= _folded(removing | did.altered | did.inserted_into)
    return named | _closure(emptied, [(r.parent, r.child) for r in known])


def _needed(reached: set[str], facts: dict[FactKey, str], known: Sequence[Reference]) -> set[str]:
    """These tables, the parents of their rows, and what those cannot be without."""
    parents = {r.parent for r in known if r.child in reached}
    required = [
        (r.child, r.parent)
        for r in known
        if all(facts.get(FactKey("column", r.child, c, "not null")) == YES for c in r.columns)
    ]
    return _closure(reached | parents, required)


def _closure(start: Iterable[str], edges: Sequence[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while True:
        more = {to for come, to in edges if come in reached} - reached
        if not more:
            return reached
        reached |= more


def _folded(names: Iterable[str]) -> set[str]:
    return {fold(name) for name in names}


def _goes_along(
    migration: Migration, step: Step, before: dict[FactKey, str], after: dict[FactKey, str]
) -> list[str]:
    """What goes without the file saying so, whatever rows there are: ``apply`` counts and asks."""
    tables = remade(before, after, Renames(step).tables_before(step.dropped))
    lacks = lacking(before, after, tables, migration, before)
    notes = [f"makes table {x.table} anew without its {x.what} ({x.allow})" for x in lacks]
    named = {head_of(s).written for s in migration.statements}
    along = sorted(reach(migration, [s.number for s in migration.statements], before).counted - named)
    if along:
        notes.append(f"what it writes can take rows of {names(along)} along (apply counts them)")
    return notes


def _dropped(step: Step) -> list[str]:
    """What goes with its data because the file says so."""
    notes = []
    gone = {
        key.name
        for key, (before, after, _) in step.net.items()
        if key.kind == "table"
        and key.prop == EXISTS
        and before
        and after is None
        and key.name in step.dropped
    }
    notes += [f"drops table {name} (its rows go)" for name in sorted(gone)]
    renames = Renames(step)
    taken = {
        (key.parent, key.name)
        for key, (before, after, _) in step.net.items()
        if key.kind == "column" and key.prop == EXISTS and before and after is None
    }
    for table, column in sorted((taken | set(renames.lost)) - set(renames.columns)):
        if FactKey("table", "", table, EXISTS) not in step.net:
            notes.append(f"drops column {table}.{column} (its values go)")
    return notes
