"""Remote D1 databases as an engine: SQLite's rules, Cloudflare's API."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from landed.engines.sqlite.base import SqliteBase

if TYPE_CHECKING:
    from landed.engines.d1.target import RemoteD1Target


class RemoteD1(SqliteBase):
    """A hosted D1 database."""

    @cached_property
    def target(self) -> RemoteD1Target:
        """The database: one for all uses, because it keeps the connection and what was read last."""
        from landed.engines.d1.connect import remote_target

        found = remote_target(self.project, self.spec, self.notify, self.environ)
        found.clock = self.clock
        return found
