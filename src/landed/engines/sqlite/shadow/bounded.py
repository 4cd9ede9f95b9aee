"""Running a file's SQL, and what its schema computes, within the limits of replays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

from landed.core.errors import LimitReached, Where
from landed.core.limits import Limits
from landed.core.migration import Migration, Statement
from landed.engines.clock import Clock, Place, reached
from landed.engines.sqlite.shadow.walls import LENGTH

OUT_OF_MEMORY = (apsw.NoMemError, MemoryError)


def execute(connection: apsw.Connection, sql: str, clock: Clock, place: Callable[[], Place]) -> None:
    """Run SQL to its end, keeping no rows; what it returns nobody asked for, and could be endless.

    Raises LimitReached; the engine's own errors pass.
    """
    run = clock.start(connection, place)
    late = False
    failed: Exception | None = None
    try:
        for _ in connection.execute(sql):
            pass
    except Exception as error:
        failed = error
    finally:
        late = clock.stop(run)
    if late:
        raise run.error()
    if failed is not None:
        raise too_much(failed, place, clock.limits) if _of_limits(connection, failed) else failed


@contextmanager
def stretch(connection: apsw.Connection, clock: Clock, place: Callable[[], Place]) -> Iterator[None]:
    """Let landed's own statements, on tables that a file made, take no more than one statement may.

    A trigger, a default or a generated column of the file's works on them. Raises LimitReached at the end
    when the time was up, also where the body passed over the error that the interruption was for it.
    """
    run = clock.start(connection, place)
    late = False
    failed: Exception | None = None
    try:
        yield
    except Exception as error:
        failed = error
    finally:
        late = clock.stop(run)
    if late and not isinstance(failed, LimitReached):
        raise run.error()
    if failed is not None:
        raise too_much(failed, place, clock.limits) if _of_limits(connection, failed) else failed


def _of_limits(connection: apsw.Connection, error: Exception) -> bool:
    """Whether it was landed's own limit that refused more, not a rule of the database's."""
    if isinstance(error, apsw.TooBigError):
        return connection.limit(apsw.SQLITE_LIMIT_LENGTH) >= LENGTH
    return isinstance(error, (*OUT_OF_MEMORY, apsw.FullError))


def too_much(error: BaseException, place: Callable[[], Place], limits: Limits) -> LimitReached:
    """The error for memory or room that a replay wanted beyond its limit."""
    what, statement, where = place()
    megabytes = limits.memory_bytes >> 20
    if isinstance(error, apsw.FullError):
        why = f"its throw-away database would be larger than a quarter of the {megabytes} MB that it may take"
    elif isinstance(error, apsw.TooBigError):
        why = f"a value or a statement of it is larger than {LENGTH >> 20} MB"
    else:
        why = f"it wanted more than the {megabytes} MB of memory that it may take"
    return reached(what, why, statement, where, "memory_bytes")


def place_of(migration: Migration, statement: Statement, doing: str) -> Callable[[], Place]:
    """Where a statement stands, put together only when an error needs it."""

    def place() -> Place:
        text = " ".join(statement.text[:200].split())
        shown = text if len(text) <= 100 else f"{text[:97]}…"
        return (
            f"{doing} of {migration.name}",
            f"statement {statement.number} of {len(migration.statements)}: {shown}",
            Where(migration.file, statement.line, statement.number),
        )

    return place
