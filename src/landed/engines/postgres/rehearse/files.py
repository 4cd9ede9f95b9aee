"""Each file watched without rows, then with rows where it matters, then kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from landed.core.describe import WITHHELD, describe
from landed.core.facts import EXISTS, FactKey
from landed.core.findings import FailureFound, FileRehearsal, LockHeld, Rehearsal, names
from landed.core.migration import Migration, Statement
from landed.core.next import REHEARSE, Next
from landed.core.timeline import Failure, Progress, Step, step_effects
from landed.engines.postgres.base import PostgresBase
from landed.engines.postgres.rehearse.seeded import SeededFile, run_seeded
from landed.engines.postgres.shadow.replay.observe import RANKS, WORTH_TELLING, Table, Touch, blocks, spelled
from landed.engines.postgres.shadow.replay.observe_run import Refusal, Trial
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer, touches_roles
from landed.engines.postgres.shadow.seed.tables import references
from landed.engines.postgres.shadow.server.choice import refuse_cluster_wide
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import refused_trap, segments
from landed.engines.postgres.write.proof.remade import lacking, remade

_WITHOUT_PLAN = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "COPY", "CALL", "VALUES"})
"""How these read a table is the planner's choice, and another one for a big table."""

_SLOW = frozenset({"UPDATE", "DELETE", "MERGE", "WITH"})
"""Statements that take as long as there are rows for them."""

_OWNERS = frozenset({"TYPE", "DOMAIN", "SCHEMA", "EXTENSION", "FUNCTION", "ROUTINE", "OWNED"})
"""Kinds of objects whose DROP … CASCADE takes columns of tables with it."""

_TRAP = Next(
    "landed runs every file in one transaction of its own: take BEGIN and COMMIT out of "
    "the file, or put what has to commit by itself into a file of its own. Then run: ",
    REHEARSE.afterwards(),
)


def rehearse(engine: PostgresBase, *, progress: Progress | None = None) -> Rehearsal:
    """Replay all files in file order in a throw-away Postgres. Connects to no target.

    Every file runs up to three times: once in a transaction that is taken back, in which its locks,
    rewrites and scans are measured; where it reaches tables that were there before, once more with rows in
    them, also taken back; and once as ``apply`` would run it. Raises ConfigError, CannotKnow.
    """
    found = engine.migrations()
    choice = engine.shadow()
    files: list[FileRehearsal] = []
    if not choice.is_own:
        refuse_cluster_wide(engine.history(found.migrations))
    with choice.open() as server, new_database(server) as scratch:
        replayer = PostgresReplayer(scratch, engine.scope(choice))
        if touches_roles(found.migrations):
            replayer.have_roles_alone()
        trial = Trial(scratch)
        try:
            base = engine.base()
            if base is not None:
                replayer.replay(base)
            for index, migration in enumerate(found.migrations):
                if progress is not None:
                    progress(index, len(found.migrations), migration.name)
                file = _file(trial, replayer, migration)
                known = migration.name in engine.project.settings.broken
                files.append(_known_to_fail(file) if known else file)
        finally:
            trial.close()
            replayer.close()
        which = f"{choice.baseline.name} on " if choice.baseline.is_platform else ""
        rules = f"{which}Postgres {server.major}"
        notes = [n.text for n in found.notes]
        if server.sentence.other:
            notes.append(server.sentence)
    notes += _starting_schema(engine, files)
    return Rehearsal(tuple(files), tuple(notes), rules)


@dataclass(slots=True)
class _Measured:
    """A watcher that notes what each statement did to the tables that were there."""

    tables: Mapping[int, Table]
    locks: list[LockHeld] = field(default_factory=list)
    reached: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    _since: dict[tuple[int, str], int] = field(default_factory=dict)

    def before(self, statement: Statement) -> None:
        """Nothing to do."""

    def ran(self, statement: Statement, touches: Sequence[Touch]) -> None:
        """Take in what a statement did."""
        kind = statement.head
        for touch in touches:
            emptied = kind.verb == "TRUNCATE" and touch.rewritten
            writes = touch.taken == "RowExclusiveLock" or touch.rows or emptied
            if writes:
                self.written.add(touch.table)
            if writes or touch.rewritten or touch.scanned or touch.gone or _may_take(statement, touch):
                self.reached.add(touch.table)
            if touch.taken:
                self._since.setdefault((touch.table, touch.taken), statement.number)
            lock = self._lock(statement, kind.verb, touch)
            if lock is not None:
                self.locks.append(lock)

    def refused(self, statement: Statement, why: Refusal, *, at_end: bool) -> bool:
        """What fails without rows is told by the replay."""
        self.failed.add(statement.number)
        return False

    def _lock(self, statement: Statement, verb: str, touch: Touch) -> LockHeld | None:
        strong = RANKS.get(touch.taken, -1) >= WORTH_TELLING
        rewrite = touch.rewritten and verb != "TRUNCATE"
        # A DO block may do both; only with a lock of its own it is no mere query.
        scan = touch.scanned and verb not in _WITHOUT_PLAN and verb != "TRUNCATE" and (verb != "DO" or strong)
        if not strong and not rewrite and not scan:
            return None
        return LockHeld(
            statement.number,
            statement.line,
            str(self.tables[touch.table]),
            spelled(touch.held),
            rewrite,
            scan,
            blocks(touch.held),
            self._since.get((touch.table, touch.held), statement.number),
        )


def _may_take(statement: Statement, touch: Touch) -> bool:
    """Whether columns of a table may go with something else: DROP TYPE … CASCADE."""
    if touch.taken != "AccessExclusiveLock":
        return False
    head = head_of(statement)
    return head.dynamic or (head.verb == "DROP" and head.what in _OWNERS)


def _file(trial: Trial, replayer: PostgresReplayer, migration: Migration) -> FileRehearsal:
    measured, seeded = _tried(trial, migration)
    step = replayer.replay(migration)
    trap = refused_trap(migration.statements)
    failures = [
        FailureFound(
            f.statement,
            f.line,
            f.message,
            advice=_TRAP if trap and trap.text == f.message else None,
            missing=_missing(f),
        )
        for f in step.failures
        if not f.withheld
    ]
    known = {f.statement for f in step.failures}
    failures += [f for f in seeded.failures if f.statement not in known]
    notes = [n.text for n in migration.notes] + _dropped(step) + list(seeded.notes)
    tables = remade(step, [s.number for s in migration.statements])
    lacks = lacking(step, tables, step_effects(step), replayer.facts, ()) if tables else []
    notes += [f"makes table {x.table} anew without its {x.what} ({x.allow})" for x in lacks]
    notes += [f"line {f.line}: not run here, {WITHHELD}: {f.message}" for f in step.failures if f.withheld]
    return FileRehearsal(
        migration,
        tuple(describe(step)),
        tuple(sorted(failures, key=lambda f: f.statement)),
        seeded.rows_lost,
        seeded.rows_changed,
        tuple(notes),
        _with_later(migration, measured.locks),
    )


def _with_later(migration: Migration, locks: Sequence[LockHeld]) -> tuple[LockHeld, ...]:
    """The locks, each with the first statement after it, in the same transaction, that takes as long as some
    table is big."""
    slow = {lock.statement for lock in locks if lock.rewrite or lock.scan}
    slow |= {s.number for s in migration.statements if s.head.verb in _SLOW}
    lines = {s.number: s.line for s in migration.statements}
    parts = segments(migration.statements) if locks else ()
    found = []
    for lock in locks:
        part = next((p.statements for p in parts if lock.statement in p.statements), ())
        later = next((number for number in part if number > lock.statement and number in slow), None)
        found.append(replace(lock, through=(later, lines[later]) if later is not None else None))
    return tuple(found)


def _tried(trial: Trial, migration: Migration) -> tuple[_Measured, SeededFile]:
    """The two runs that are taken back."""
    import psycopg

    measured = _Measured({})
    try:
        with trial.transaction() as observer:
            measured.tables = observer.tables
            trial.run(migration, observer, measured)
        return measured, _with_rows(trial, migration, measured) if measured.reached else SeededFile()
    except psycopg.Error:
        if not trial.lost:
            raise
        trial.reopen()
        return measured, SeededFile(notes=("it ends its own session: not all of it was tried with rows",))


def _known_to_fail(file: FileRehearsal) -> FileRehearsal:
    """A file that the settings name as broken: why it fails is a note, and nothing speaks against it."""
    said = tuple(
        f"known not to replay ([shadow] broken): line {f.line}: {f.message}"
        for f in file.failures
        if not f.only_with_data
    )
    return replace(file, failures=(), rows_lost=(), rows_changed=(), notes=(*file.notes, *said))


def _with_rows(trial: Trial, migration: Migration, measured: _Measured) -> SeededFile:
    with trial.transaction() as observer:
        links = references(trial.connection)
        watched = measured.reached | _closure(measured.written, [(r.parent, r.child) for r in links])
        needed = _closure(watched, [(r.child, r.parent) for r in links])
        present = observer.tables
        return run_seeded(
            trial,
            migration,
            observer,
            links,
            watched=frozenset(watched & present.keys()),
            tables={oid: present[oid] for oid in needed if oid in present},
            expected=frozenset(measured.failed),
        )


def _closure(start: Iterable[int], edges: Sequence[tuple[int, int]]) -> set[int]:
    reached = set(start)
    while True:
        more = {to for come, to in edges if come in reached} - reached
        if not more:
            return reached
        reached |= more


def _dropped(step: Step) -> list[str]:
    """What goes with its data because the file says so."""
    gone = sorted(
        key.name
        for key, (before, after, _) in step.net.items()
        if key.kind == "table" and key.prop == EXISTS and before and after is None
    )
    notes = [f"drops table {name} (its rows go)" for name in gone]
    for key, (before, after, _) in sorted(step.net.items()):
        if key.kind != "column" or key.prop != EXISTS or not before or after is not None:
            continue
        if FactKey("table", "", key.parent, EXISTS) not in step.net and not _renamed(step, key):
            notes.append(f"drops column {key.parent}.{key.name} (its values go)")
    return notes


def _renamed(step: Step, key: FactKey) -> bool:
    """Whether the statement that took the column brought another one: RENAME COLUMN."""
    number = step.net[key][2]
    return any(
        other.kind == "column"
        and other.prop == EXISTS
        and other.parent == key.parent
        and after
        and n == number
        for other, (_, after, n) in step.net.items()
    )


def _missing(failure: Failure) -> str:
    """What a statement failed for want of, where a starting schema may have it."""
    found = failure.lacking("relation", "schema", "type", "function")
    return found.name if found is not None else ""


def _starting_schema(engine: PostgresBase, files: Sequence[FileRehearsal]) -> list[str]:
    """What to say when files fail for want of objects that no file makes."""
    if engine.project.settings.base is not None:
        return []
    missing = {f.missing for file in files for f in file.failures if f.missing}
    broken = sum(any(f.missing for f in file.failures) for file in files)
    if not missing:
        return []
    return [
        f"{broken} file{'s fail' if broken != 1 else ' fails'} for want of {names(sorted(missing))}: if the "
        "history does not start from an empty database, name the schema that it starts from: "
        '[shadow] base = "schema.sql"'
    ]
