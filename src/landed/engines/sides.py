"""The sides of a comparison: the schema of a database that was read, and the one that files make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from landed.core.drift import Side
from landed.core.judge import owners_of
from landed.core.migration import Migration
from landed.core.timeline import Progress, Step, facts_after
from landed.engines.cache import Cache

if TYPE_CHECKING:
    from landed.core.facts import Facts
    from landed.engines.contract import Engine
    from landed.engines.live import LiveState
    from landed.project.target_spec import TargetSpec


def sides(
    databases: Mapping[str, Engine], source: Engine | None, progress: Progress | None
) -> tuple[dict[str, Side], Side | None]:
    """The schemas of databases, by the names they are given, and the one that the files of ``source`` make.

    Raises UsageError, ConfigError, CannotKnow.
    """
    found = {name: side_of(engine, engine.target.read()) for name, engine in databases.items()}
    if source is None:
        return found, None
    history = source.history(source.migrations().migrations)
    cache = Cache()
    try:
        steps = source.replay(history, cache=cache, progress=progress)
    finally:
        cache.close()
    return found, side_of_files(source, history, steps, facts_after(steps))


def side_of(engine: Engine, state: LiveState) -> Side:
    """The schema of a database that has been read."""
    spec = engine.spec
    notes = () if state.present else ("the database does not exist yet; nothing was created",)
    return Side(
        name=spec.name,
        label=spec.label,
        locality=spec.locality,
        place=_place(spec),
        facts=engine.facts_of(state),
        ledger=engine.ledger_in_facts,
        present=state.present,
        notes=notes,
        holders=engine.holders,
    )


def side_of_files(engine: Engine, history: Sequence[Migration], steps: Sequence[Step], facts: Facts) -> Side:
    """The schema that files make, of which these are the steps of a replay, in file order."""
    count = len(engine.migrations().migrations)
    files = f"{count} file{'s' * (count != 1)}"
    return Side(
        name="files",
        label="files (SHADOW)",
        locality="SHADOW",
        place=f"what {files} in {engine.shown(engine.directory)}/ make, replayed by {engine.words.rules}",
        facts=facts,
        ledger=engine.ledger_in_facts,
        notes=tuple(_replay_notes(steps, history)),
        migrations=tuple(history),
        owners=owners_of(steps, range(len(steps))),
        holders=engine.holders,
    )


def _place(spec: TargetSpec) -> str:
    if spec.dsn is not None:
        return str(spec.dsn)
    if spec.path is not None or spec.database is None:
        return str(spec.path or "")
    return (spec.database.id or spec.database.name or spec.database.binding).value


def _replay_notes(steps: Sequence[Step], migrations: Sequence[Migration]) -> list[str]:
    return [
        f"{migration.file}:{failure.line}, statement {failure.statement}, cannot be replayed "
        f"({failure.message}): what it says it makes is taken from its text"
        for step, migration in zip(steps, migrations, strict=True)
        for failure in step.failures
    ]
