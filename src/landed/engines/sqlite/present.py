"""A throw-away copy of a SQLite target's schema, in which files are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.core.timeline import Failure, Step

if TYPE_CHECKING:
    from landed.engines.live import LiveState
    from landed.engines.sqlite.shadow.replay import Replayer


class SqlitePresent:
    """The copy, as files leave it that are tried there one after another."""

    def __init__(self, replayer: Replayer, wants_rows: Callable[[Failure], bool]) -> None:
        self._replayer = replayer
        self._wants_rows = wants_rows

    def replay(self, migration: Migration) -> Step:
        """What a file does here."""
        return self._replayer.replay(migration)

    def heals(self, migration: Migration, own: Step) -> Step | None:
        """A pending file's step with all that it makes here to be proven; ``None`` where it cannot run."""
        there = self._replayer.replay(migration)
        if not all(map(self._wants_rows, there.failures)):
            return None
        made = {key: change for key, change in there.net.items() if change[1] is not None}
        return replace(own, net=made | own.net, failures=there.failures)

    def facts(self, steps: Sequence[Step]) -> Mapping[FactKey, str]:
        """The facts of the copy as it stands."""
        return self._replayer.facts


@contextmanager
def present(
    replayer: Replayer, wants_rows: Callable[[Failure], bool], state: LiveState
) -> Iterator[SqlitePresent]:
    """Make the copy from the rows of sqlite_master that were read; closes the replayer.

    ``wants_rows`` says of a failure that it may come of rows that the copy does not have.
    """
    try:
        replayer.load(state.rows)
        yield SqlitePresent(replayer, wants_rows)
    finally:
        replayer.close()
