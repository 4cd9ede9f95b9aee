"""What a shadow starts from, taken out of a live Postgres database as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from landed.core.facts import EXISTS
from landed.core.migration import Migration
from landed.core.next import landed
from landed.core.printable import escaped
from landed.core.timeline import BASE, Step
from landed.engines.base import StartingSchema
from landed.engines.postgres.catalog.dump import Owned, dump_managed, label_of
from landed.engines.postgres.catalog.scope import SUPABASE

if TYPE_CHECKING:
    from landed.core.timeline import Progress
    from landed.engines.postgres.base import PostgresBase

COMMAND = landed("shadow", "pull", base=True)
_ROUNDS = 6


def managed(engine: PostgresBase) -> str:
    """The schemas that Supabase manages, as they are. Raises CannotKnow."""
    with engine.target.connect(readonly=True).connection as connection:
        text = dump_managed(connection, SUPABASE)
    head = (
        f"-- What Supabase manages in {_whose(engine)}: its schemas, without rows.\n"
        "-- Written by: landed shadow pull. Shadows start from it; it is never run on a target.\n"
    )
    return head + text


def base(engine: PostgresBase, progress: Progress | None = None) -> StartingSchema:
    """The schema that the history starts from: what the database has and no file makes.

    The files are replayed without it, and what they make is left out; then with it, until no file meets an
    object that is there already. Raises ConfigError, CannotKnow.
    """
    target = engine.target
    try:
        engine.learn(target.read())
        scope = target.scope
    finally:
        target.close()
    with target.connect(readonly=True).connection as connection:
        owned = Owned(connection, scope)
    files = engine.migrations().migrations
    steps = engine.replay(files, progress=progress)
    before = sum(step.failed for step in steps)
    known = made(steps)
    after = before
    for _ in range(_ROUNDS):
        text = owned.sql(partial(_is_made, known))
        start = Migration(BASE, "", "base", text, engine.parse)
        steps = engine.replay([start, *files], progress=progress)[1:]
        after = sum(step.failed for step in steps)
        met = there_already(steps) - known
        if not met:
            break
        known |= met
    head = (
        f"-- What the migrations start from: what {_whose(engine)} has and no file makes. No rows.\n"
        f"-- Written by: {COMMAND}. It counts as applied before the first file.\n"
    )
    lacks = any(engine.needs_platform(failure) for step in steps for failure in step.failures)
    return StartingSchema(head + text, before, after, lacks)


def _whose(engine: PostgresBase) -> str:
    """Which database, as the file may say that is committed: the project, where there is one."""
    project = engine.spec.belongs_to
    return escaped(f"the project {project}" if project else engine.spec.label)


def made(steps: Sequence[Step]) -> frozenset[str]:
    """Labels of the objects that files make, whether or not they could be replayed."""
    return frozenset(
        name
        for step in steps
        for trace in step.traces
        for change in trace.effects
        if change.key.prop == EXISTS and change.after is not None and (name := label_of(change.key.object))
    )


def there_already(steps: Sequence[Step]) -> frozenset[str]:
    """Labels, without schemas, of the objects that files failed over because they were there."""
    found = (failure.there for step in steps for failure in step.failures)
    return frozenset(
        f"{what.kind} {'.'.join([*(n.name for n in of), what.name])}" for what, *of in filter(None, found)
    )


def _is_made(known: frozenset[str], label: str) -> bool:
    """Whether an object is among those known, which may be known without their schemas only."""
    if label in known:
        return True
    kind, _, name = label.partition(" ")
    bare = name.partition("(")[0].partition(".")[2]
    if kind == "constraint" and name.endswith("_pkey"):
        return f"{kind} {bare}" in known or f"primary key {bare.partition('.')[0]}" in known
    return bool(bare) and f"{kind} {bare}" in known
