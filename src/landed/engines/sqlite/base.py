"""What every engine under SQLite's rules has: files are replayed in SQLite, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from landed.core.deferred import Deferred
from landed.core.describe import describe
from landed.engines.base import Words
from landed.engines.common import BaseEngine
from landed.engines.sqlite.sql.split import parse
from landed.engines.usual import PlainReading

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from landed.core.facts import FactKey
    from landed.core.migration import Migration, Parsed
    from landed.core.plan import PlanItem
    from landed.core.timeline import Failure, Progress, Step
    from landed.engines.base import Present, Reading
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
            make_folder="create it, or set migrations_dir of this database in the wrangler configuration",
            way_back="a local database is a file: a copy of it is the way back",
            way_back_next="for the hosted database: landed --target d1:remote undo",
        )

    def parse(self, text: str) -> Parsed:
        """How a file's text is cut into statements."""
        return parse(text)

    @property
    def ledger_in_facts(self) -> str:
        """The history table's name in lower case."""
        from landed.engines.sqlite.sql.tokens import fold

        return fold(self.ledger_table)

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

    def replayer(self, image: bytes | None = None) -> Replayer:
        """A shadow with nothing in it yet, or one that goes on from an image."""
        from landed.engines.sqlite.shadow.replay import Replayer

        return Replayer(self.mode, ledger_table=self.ledger_table, image=image, clock=self.clock)

    # -- judging and planning -------------------------------------------------------------------

    tries_present = True
    keeps_order = True

    def reading(self, state: LiveState, cache: Cache) -> Reading:
        """What was read, and a copy of its schema where one is asked for."""
        return SqliteReading(self, state)

    def pasteable(self, sql: str, margin: int) -> str:
        """The same statement, its lines set in."""
        from landed.engines.sqlite.sql.pasteable import pasteable

        return pasteable(sql, margin)

    def needs_base(self, failure: Failure, steps: Sequence[Step]) -> bool:
        """Whether a statement failed for want of a table that no file of the history makes."""
        from landed.engines.sqlite.shadow.reason import needs_base

        return needs_base(failure, steps)

    def wants_rows(self, failure: Failure) -> bool:
        """Whether it failed for a constraint on rows."""
        from landed.engines.sqlite.shadow.reason import is_of_rows

        return is_of_rows(failure.code)

    def describe(self, step: Step) -> Sequence[str]:
        """What a file does to the schema, one line an object; a rename is one."""
        from landed.engines.sqlite.renames import Renames

        return describe(step, Renames(step))

    def refuse(self, items: Sequence[PlanItem]) -> None:
        """Raises NotProven for a file that changes the history table."""
        from landed.engines.sqlite.history import history_change, refusal

        for item in items:
            statement = history_change(item.migration, item.statements, self.ledger_table)
            if statement is not None:
                raise refusal(item.migration, statement, self.ledger_table, "Nothing was changed.")


class SqliteReading(PlainReading):
    """A reading of a database under SQLite's rules."""

    def __init__(self, engine: SqliteBase, state: LiveState) -> None:
        super().__init__(state)
        self._engine = engine

    def present(self) -> AbstractContextManager[Present]:
        """A throw-away copy of the schema that was read."""
        from landed.engines.sqlite.present import present

        return present(self._engine.replayer(), self._engine.wants_rows, self.state)
