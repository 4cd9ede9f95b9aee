"""What every engine under SQLite's rules has: files are replayed in SQLite, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from landed.core.deferred import Deferred
from landed.engines.base import Words
from landed.engines.common import BaseEngine
from landed.engines.sqlite.sql.split import parse

if TYPE_CHECKING:
    from landed.core.facts import FactKey
    from landed.core.migration import Migration, Parsed
    from landed.core.timeline import Progress, Step
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState
    from landed.engines.sqlite.shadow.replay import Replayer


class SqliteBase(BaseEngine):
    """What SQLite files, local D1 and remote D1 have in common, and what their commands are built on."""

    @property
    def words(self) -> Words:
        """How messages name what differs between engines."""
        return Words(
            family="SQLite",
            rules="D1's rules" if self.mode == "d1" else "SQLite's rules",
            start='Name the schema that it starts from, in landed.toml: [shadow] base = "schema.sql"',
            make_folder="create it, or set migrations_dir of this database in the wrangler configuration",
            pattern="*.sql",
        )

    def parse(self, text: str) -> Parsed:
        """How a file's text is cut into statements."""
        return parse(text)

    def facts_of(self, state: LiveState) -> Deferred[FactKey, str]:
        """The facts of a reading, worked out of its rows of sqlite_master when they are needed."""
        from landed.engines.sqlite.catalog.facts import snapshot

        return Deferred(lambda: snapshot(state.rows, self.ledger_table))

    def replay(
        self,
        files: Sequence[Migration],
        *,
        cache: Cache | None = None,
        keep: bool = False,
        progress: Progress | None = None,
        hopeless: Callable[[Step], bool] = lambda step: False,
        like: Sequence[Step] = (),
    ) -> list[Step]:
        """The timeline of these files in this order."""
        from landed.engines.sqlite.shadow.timeline import timeline

        return timeline(
            self.mode,
            self.ledger_table,
            files,
            cache=cache,
            progress=progress,
            hopeless=hopeless,
            clock=self.clock,
        )

    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order and the rules of their replay; empty for no files."""
        from landed.engines.cache import chain

        return b"".join(chain(self.mode, self.ledger_table, files)[-1:])

    def replayer(self) -> Replayer:
        """A shadow with nothing in it yet."""
        from landed.engines.sqlite.shadow.replay import Replayer

        return Replayer(self.mode, ledger_table=self.ledger_table, clock=self.clock)
