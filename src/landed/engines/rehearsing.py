"""A rehearsal out of a replay alone: what each file does, and what fails in it. Rows are not tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.core.findings import FailureFound, FileRehearsal, Rehearsal

if TYPE_CHECKING:
    from landed.core.timeline import Progress
    from landed.engines.contract import Engine


def rehearse(engine: Engine, progress: Progress | None) -> Rehearsal:
    """Replay all files in file order. Raises ConfigError, CannotKnow."""
    found = engine.migrations()
    before = len(engine.history(()))
    steps = engine.replay(engine.history(found.migrations), progress=progress)[before:]
    files = [
        FileRehearsal(
            migration,
            tuple(engine.describe(step)),
            tuple(FailureFound(f.statement, f.line, f.message) for f in step.failures),
            notes=tuple(note.text for note in migration.notes),
        )
        for migration, step in zip(found.migrations, steps, strict=True)
    ]
    return Rehearsal(tuple(files), tuple(note.text for note in found.notes))
