"""One file, unit after unit: each is proven before the next one runs, and the last one records the file."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.errors import LandedError
from landed.engines.postgres.write.history import is_recorded
from landed.engines.postgres.write.say.failures import not_answered
from landed.engines.postgres.write.say.unfinished import half_way
from landed.engines.postgres.write.session import Session
from landed.engines.postgres.write.transaction import run_unit
from landed.engines.postgres.write.unit import Unit


def run_units(session: Session, units: Sequence[Unit]) -> tuple[str, str]:
    """Run all units of a file; gives the outcome (``applied``, ``already``) and notes.

    Raises NotProven and NeedsConfirmation (with what is in the database then), Busy, Ambiguous, Interrupted.
    """
    import psycopg

    from landed.engines.postgres.write.alone.units import refuse_obstacles, run_alone_unit

    migration = units[0].migration
    done: set[int] = set()
    notes: list[str] = []
    try:
        if len(units) > 1:
            # The first ones do not ask.
            if units[-1].record and is_recorded(session, migration):
                return "already", ""
            refuse_obstacles(session, units)
        for unit in units:
            if unit.alone:
                notes.append(run_alone_unit(session, unit))
            else:
                outcome, note = run_unit(session, unit)
                notes.append(note)
                if outcome == "already":
                    return outcome, note
            done |= unit.statements
    except (LandedError, psycopg.Error) as error:
        told = error if isinstance(error, LandedError) else not_answered(migration, error)
        committed = [s for s in migration.statements if s.number in done]
        if not committed:
            raise told from error.__cause__ if told is error else error
        all_ran = all(unit.statements <= done for unit in units)
        raise half_way(migration, told, committed, all_ran=all_ran) from error
    return "applied", "; ".join(note for note in notes if note)
