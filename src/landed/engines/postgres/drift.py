"""Sides of a comparison on Postgres: read in one scope, so that all of them leave out the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from landed.core.drift import Side
from landed.core.errors import CannotKnow
from landed.core.facts import FactKey
from landed.core.judge import owners_of
from landed.core.next import DOCTOR
from landed.core.timeline import Progress, Step
from landed.engines.base import Restless
from landed.engines.cache import Cache
from landed.engines.live import LiveState, Roles
from landed.engines.postgres.catalog.scope import PLAIN, Scope
from landed.engines.postgres.made_by import MadeBy
from landed.engines.postgres.of_server import without_roles_of_base
from landed.engines.sides import side_of_files

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.base import PostgresBase
    from landed.engines.postgres.connect.connect import Connected

HOLDERS: Final = (
    "table", "view", "materialized view", "foreign table", "function", "procedure", "aggregate",
    "sequence", "enum", "domain", "composite type", "range type", "type", "schema", "publication",
    "foreign server", "foreign data wrapper", "language",
)  # fmt: skip
"""The kinds of objects that others name as their parent."""


@dataclass(frozen=True, slots=True)
class _Files:
    """What the files make, with the steps that show it."""

    side: Side
    steps: list[Step]


def sides(
    databases: Mapping[str, PostgresBase], source: PostgresBase | None, progress: Progress | None
) -> tuple[dict[str, Side], Side | None]:
    """The schemas of databases, by the names they are given, and the one that the files of ``source`` make.

    Raises ConfigError, CannotKnow.
    """
    engines = [*databases.values(), *([source] if source is not None else [])]
    scope = next((each.bounds for each in engines if each.bounds != PLAIN), PLAIN)
    with ExitStack() as opened:
        connected = {}
        for name, engine in databases.items():
            connected[name] = engine.target.connect(readonly=True)
            opened.enter_context(connected[name].connection)
        majors = [each.capabilities.major for each in connected.values()]
        floor = max(15, min(majors, default=15))
        if source is not None:
            floor = source.shadow(majors[0] if majors else None).floor
        scope = replace(scope, floor=floor)
        read = {name: _read(engine, connected[name], scope) for name, engine in databases.items()}
    found = {name: side for name, (side, _) in read.items()}
    if source is None:
        return found, None
    for side, roles in read.values():
        source.learn(LiveState(True, facts=side.facts, roles=roles))
    files = _made_by_files(source, scope, progress)
    for name, (side, roles) in read.items():
        files, found[name] = _as_made_by_one(source, files, side, roles, scope)
    return found, files.side


def _read(engine: PostgresBase, connected: Connected, scope: Scope) -> tuple[Side, Roles]:
    """The schema of a database within a scope, and the roles of its server. Raises CannotKnow."""
    from landed.engines.postgres.catalog.moment import Moment, one_moment, unchanged
    from landed.engines.postgres.catalog.snapshot import snapshot_and_roles
    from landed.engines.postgres.connect.unreadable import read_in_peace

    connection = connected.connection
    moment: Moment | None = None

    def read() -> tuple[dict[FactKey, str], Roles]:
        nonlocal moment
        with one_moment(connection, marked=moment is not None) as moment:
            found = snapshot_and_roles(connection, scope)
        if not unchanged(connection, moment):
            raise Restless
        return found

    def changed() -> bool:
        return moment is None or not unchanged(connection, moment)

    facts, roles = read_in_peace(read, changed, lambda error: _unreadable(engine, error))
    side = Side(
        name=engine.spec.name,
        label=engine.spec.label,
        locality=engine.spec.locality,
        place=str(connected.dsn),
        facts=facts,
        ledger=engine.ledger_in_facts,
        major=connected.capabilities.major,
        notes=tuple(note.text for note in connected.notes),
        holders=engine.holders,
    )
    return side, roles


def _unreadable(engine: PostgresBase, error: psycopg.Error) -> CannotKnow:
    said = (error.diag.message_primary or str(error)).strip().splitlines()
    return CannotKnow(
        f"{engine.spec.label} could not be read: {said[0] if said else 'no answer'}",
        next=DOCTOR,
    )


def _made_by_files(engine: PostgresBase, scope: Scope, progress: Progress | None) -> _Files:
    """What the files make in a shadow: what a database has before its first file belongs to it, too."""
    from landed.engines.postgres.shadow.replay.timeline import start_facts, timeline

    history = engine.history(engine.migrations().migrations)
    choice = engine.shadow()
    cache = Cache()
    said: list[str] = []
    try:
        steps = timeline(choice, scope, history, cache=cache, keep=True, progress=progress, said=said.append)
        steps = without_roles_of_base(steps)
        engine.shadow_sentence = said[-1] if said else engine.shadow_sentence
        facts = _with_start(start_facts(choice, scope, cache=cache), steps)
    finally:
        cache.close()
    return _Files(side_of_files(engine, history, steps, facts), steps)


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


def _as_made_by_one(
    engine: PostgresBase, files: _Files, database: Side, roles: Roles, scope: Scope
) -> tuple[_Files, Side]:
    """Both sides without what differs because the database's objects were made by another role than the
    one that files are replayed as."""
    made_by = MadeBy.of(database.facts, roles, scope, files.side.migrations)
    if made_by is None:
        return files, database
    cache = Cache()
    try:
        start = engine.start_facts(cache, scope)
    finally:
        cache.close()
    steps = made_by.expected(files.steps, start)
    facts = made_by.seen(database.facts, steps)
    told = made_by.notes(steps, database.facts)
    owners = owners_of(steps, range(len(steps)))
    side = replace(files.side, facts=_with_start(start, steps), owners=owners)
    notes = (*database.notes, *dict.fromkeys(filter(None, told.values())))
    return replace(files, side=side), replace(database, facts=facts, notes=notes)
