"""A remote D1 database as a target: its data checks, one-off SQL, and opening it for writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from landed.engines.d1.remote import RemoteD1

if TYPE_CHECKING:
    from landed.core.oneoff import Outcome, Script, Touched
    from landed.core.timeline import DataCheck
    from landed.engines.d1.writer import RemoteD1Writer


class RemoteD1Target(RemoteD1):
    """What all targets offer. Nothing here writes but :meth:`writer`."""

    def check(self, checks: Sequence[DataCheck]) -> list[tuple[bool | None, str]]:
        """Run read-only checks in one request: (passed, or ``None`` when it could not be run; why)."""
        from landed.engines.d1.checks import run_checks

        return run_checks(self, checks) if checks else []

    def preview(self, script: Script) -> Touched:
        """What one-off statements would touch, compiled against a copy of the remote schema."""
        from landed.engines.d1.oneoff import preview

        return preview(self, script)

    def query(self, script: Script) -> list[Outcome]:
        """Run one-off statements that only read. Raises NotProven, CannotKnow."""
        from landed.engines.d1.oneoff import query

        return query(self, script)

    @contextmanager
    def writer(self) -> Iterator[RemoteD1Writer]:
        """Open for writing: takes a Time Travel bookmark first. Raises CannotKnow."""
        from landed.engines.d1.writer import RemoteD1Writer

        state = self.state or self.read()
        writer = RemoteD1Writer(self, state, self.undo_point())
        try:
            yield writer
        finally:
            writer.close()
