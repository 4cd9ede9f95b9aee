"""drift: compare two schemas, fact by fact: databases, SQLite files, or what the migration files make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from landed.core.errors import CannotKnow
from landed.core.facts import FactKey, holds
from landed.core.judge import Owners, owners_of
from landed.core.migration import Migration
from landed.core.next import DOCTOR, STATUS, Command
from landed.core.timeline import Progress, Step, facts_after
from landed.engines.cache import Cache
from landed.engines.live import LiveState
from landed.engines.sqlite.sql.tokens import fold
from landed.ops.workspace import Workspace
from landed.project.target_spec import TargetSpec

if TYPE_CHECKING:
    from landed.engines.live import Roles
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.connect.connect import Connected


@dataclass(frozen=True, slots=True)
class Origin:
    """The statement that wrote a fact last, or took it away: file, statement number, 1-based line."""

    migration: str
    file: str
    statement: int
    line: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two schemas.

    ``label`` is for people (``D1 DB (LOCAL)``), ``name`` can be given to ``drift`` again, ``locality``
    is LOCAL, FILE or SHADOW, ``place`` the database's path or what the schema was made from.
    ``ledger`` is the (folded) name of its history table, which is not compared. ``owners`` and
    ``migrations`` are there when the schema comes from migration files.
    """

    name: str
    label: str
    locality: str
    place: str
    facts: Mapping[FactKey, str]
    ledger: str
    present: bool = True
    major: int | None = None
    """The major version of a Postgres server; ``None`` for what files make, and for SQLite."""
    notes: tuple[str, ...] = ()
    migrations: tuple[Migration, ...] = ()
    owners: Owners | None = None
    steps: tuple[Step, ...] = ()
    """What replayed files did, for Postgres."""
    roles: Roles | None = None
    """Those of a Postgres server."""

    def origin(self, key: FactKey) -> Origin | None:
        """Which statement of which file made this fact what it is on this side."""
        owner = (self.owners or {}).get(key)
        if owner is None:
            return None
        index, number, _ = owner
        migration = self.migrations[index]
        line = next((s.line for s in migration.statements if s.number == number), 1)
        return Origin(migration.name, migration.file, number, line)


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that is not the same; ``None`` says that it is not there."""

    key: FactKey
    a: str | None
    b: str | None
    made_by: Origin | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """Two sides, and every fact in which they differ, in the order of the facts."""

    a: Side
    b: Side
    differences: tuple[Difference, ...]
    equal: int
    """How many facts are the same on both sides."""

    @property
    def next(self) -> tuple[Command, ...]:
        """What to do next: a look at the target's migrations, where files and a database differ."""
        sides = {self.a.locality, self.b.locality}
        known = self.differences and sides in ({"SHADOW", "LOCAL"}, {"SHADOW", "REMOTE"})
        return (STATUS,) if known else ()


def compare(a: Side, b: Side) -> Drift:
    """Compare two sides. The order of columns is compared relatively: a column that only one side
    has is a difference of its own, and no other order."""
    ledgers = frozenset({a.ledger, b.ledger} - {""})
    differences = []
    keys = [k for k in a.facts.keys() | b.facts.keys() if not _of_ledger(k, ledgers)]
    keys = [k for k in keys if not _chosen_by_server(k, a, b)]
    for key in sorted(keys):
        left, right = a.facts.get(key), b.facts.get(key)
        if not holds(key, left, right):
            differences.append(Difference(key, left, right, a.origin(key) or b.origin(key)))
    return Drift(a, b, tuple(differences), len(keys) - len(differences))


def _chosen_by_server(key: FactKey, a: Side, b: Side) -> bool:
    """An extension's version where nobody named one: files and servers of different majors differ in it."""
    if (key.kind, key.prop) != ("extension", "version"):
        return False
    return key not in a.facts or key not in b.facts or a.major != b.major


def files_side(workspace: Workspace, scope: Scope | None = None, *, progress: Progress | None = None) -> Side:
    """The schema that the migration files make in a shadow, in file order. Raises ConfigError, CannotKnow.

    ``scope`` is what of a Postgres database is compared.
    """
    migrations = workspace.migrations().migrations
    history = workspace.engine.history(migrations)
    cache = Cache()
    try:
        if workspace.is_postgres:
            steps, facts = _replayed(workspace, history, scope, cache, progress)
        else:
            steps = workspace.engine.replay(history, cache=cache, progress=progress)
            facts = facts_after(steps)
    finally:
        cache.close()
    rules = {"d1": "D1's rules", "sqlite": "SQLite's rules"}.get(workspace.mode)
    if rules is None:
        rules = "Supabase's rules" if workspace.spec.kind == "supabase" else "the rules of Postgres"
    count = f"{len(migrations)} file{'s' * (len(migrations) != 1)}"
    return Side(
        name="files",
        label="files (SHADOW)",
        locality="SHADOW",
        place=f"what {count} in {_shown_dir(workspace)} make, replayed by {rules}",
        facts=facts,
        ledger=fold(workspace.ledger_table),
        notes=tuple(_replay_notes(steps, history)),
        migrations=tuple(history),
        owners=owners_of(steps, range(len(steps))),
        steps=tuple(steps) if workspace.is_postgres else (),
    )


def _replayed(
    workspace: Workspace,
    history: Sequence[Migration],
    scope: Scope | None,
    cache: Cache,
    progress: Progress | None,
) -> tuple[list[Step], dict[FactKey, str]]:
    """The same for Postgres: what a database has before its first file belongs to the schema, too."""
    from landed.engines.postgres.shadow.replay.timeline import start_facts
    from landed.engines.postgres.shadow.replay.timeline import timeline as replay

    choice = workspace.pg.shadow()
    scope = scope or workspace.pg.scope(choice)
    said: list[str] = []
    steps = replay(choice, scope, history, cache=cache, keep=True, progress=progress, said=said.append)
    workspace.pg.shadow_sentence = said[-1] if said else workspace.pg.shadow_sentence
    return steps, _with_start(start_facts(choice, scope, cache=cache), steps)


def _with_start(start: Mapping[FactKey, str], steps: Sequence[Step]) -> dict[FactKey, str]:
    facts = dict(start)
    for step in steps:
        for key, (_, after, _) in step.net.items():
            if after is None:
                facts.pop(key, None)
            else:
                facts[key] = after
    written = {k for step in steps for k in step.net}
    # The versions of the extensions that the shadow came with say nothing of the files.
    return {k: v for k, v in facts.items() if k.prop != "version" or k in written}


def as_made_by_one(workspace: Workspace, files: Side, database: Side, scope: Scope) -> tuple[Side, Side]:
    """Both sides without what differs because the database's objects were made by another role than the
    one that files are replayed as."""
    from landed.engines.postgres.made_by import MadeBy

    if database.roles is None:
        return files, database
    made_by = MadeBy.of(database.facts, database.roles, scope, files.migrations)
    if made_by is None:
        return files, database
    cache = Cache()
    try:
        start = workspace.pg.start_facts(cache, scope)
    finally:
        cache.close()
    steps = made_by.expected(files.steps, start)
    facts = made_by.seen(database.facts, steps)
    told = made_by.notes(steps, database.facts)
    return (
        replace(files, facts=_with_start(start, steps), owners=owners_of(steps, range(len(steps)))),
        replace(database, facts=facts, notes=(*database.notes, *dict.fromkeys(filter(None, told.values())))),
    )


def postgres_side(workspace: Workspace, connected: Connected, scope: Scope) -> Side:
    """The schema of a Postgres database, within a scope, read once. Raises CannotKnow."""
    import psycopg

    from landed.engines.postgres.catalog.snapshot import snapshot_and_roles

    try:
        facts, roles = snapshot_and_roles(connected.connection, scope)
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip().splitlines()
        raise CannotKnow(
            f"{workspace.spec.label} could not be read: {said[0] if said else 'no answer'}",
            next=DOCTOR,
        ) from None
    return Side(
        name=workspace.spec.name,
        label=workspace.spec.label,
        locality=workspace.spec.locality,
        place=str(connected.dsn),
        facts=facts,
        ledger=workspace.ledger_table,
        major=connected.capabilities.major,
        notes=tuple(note.text for note in connected.notes),
        roles=roles,
    )


def target_side(workspace: Workspace) -> Side:
    """The schema of a database, read once. Raises UsageError, CannotKnow."""
    return side_of(workspace, workspace.target.read())


def side_of(workspace: Workspace, state: LiveState) -> Side:
    """The schema of a database that has been read."""
    spec = workspace.spec
    notes = () if state.present else ("the database does not exist yet; nothing was created",)
    return Side(
        name=spec.name,
        label=spec.label,
        locality=spec.locality,
        place=_place(spec),
        facts=workspace.engine.facts_of(state),
        ledger=fold(workspace.ledger_table),
        present=state.present,
        notes=notes,
    )


def _place(spec: TargetSpec) -> str:
    if spec.dsn is not None:
        return str(spec.dsn)
    if spec.path is not None or spec.database is None:
        return str(spec.path or "")
    return (spec.database.id or spec.database.name or spec.database.binding).value


def _of_ledger(key: FactKey, ledgers: frozenset[str]) -> bool:
    return key.parent in ledgers or (key.kind == "table" and key.name in ledgers)


def _replay_notes(steps: Sequence[Step], migrations: Sequence[Migration]) -> list[str]:
    return [
        f"{migration.file}:{failure.line}, statement {failure.statement}, cannot be replayed "
        f"({failure.message}): what it says it makes is taken from its text"
        for step, migration in zip(steps, migrations, strict=True)
        for failure in step.failures
    ]


def _shown_dir(workspace: Workspace) -> str:
    import os

    return os.path.relpath(workspace.directory, workspace.project.start).replace(os.sep, "/") + "/"
