"""Remote D1 databases as an engine: SQLite's rules, Cloudflare's API."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.errors import UsageError
from landed.core.next import REHEARSE, Next
from landed.engines.sqlite.engine import SqliteRules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from landed.core.applied import UndoPoint
    from landed.core.check import Check
    from landed.core.plan import PlanItem
    from landed.engines.base import DatabaseCopy
    from landed.engines.d1.target import RemoteD1Target
    from landed.engines.undo import Undone, UndoPlan


class RemoteD1(SqliteRules):
    """A hosted D1 database."""

    @cached_property
    def target(self) -> RemoteD1Target:
        """The database: one for all uses, because it keeps the connection and what was read last."""
        from landed.engines.d1.connect import remote_target

        found = remote_target(self.project, self.spec, self.notify, self.environ)
        found.clock = self.clock
        return found

    @property
    def asked_as(self) -> str:
        """Cloudflare's account and the credentials, once they were looked up."""
        return self.target.asked_as if "target" in self.__dict__ else ""

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """Never: raises UsageError."""
        raise UsageError(
            "A remote database is not copied: its rows would have to leave it.",
            next=Next(REHEARSE, "   (with data: on the local database, --target d1:local)"),
        )

    def examine(self) -> list[Check]:
        """Credentials, account, database, one reading."""
        from landed.engines.d1.doctor import examine

        return examine(self.project, self.spec, self.environ)

    def first_contact(self) -> list[Check]:
        """What landed assumes of hosted D1, asked of this server by requests that write nothing."""
        from landed.core.check import guarded
        from landed.engines.d1.doctor import contact

        return guarded("contact", "contact", "first contact", lambda: contact(self.target))

    def known_contact(self) -> list[Check]:
        """When first contact was, and how many assumptions held."""
        from landed.core.check import guarded
        from landed.engines.d1.doctor import last_contact

        return guarded("contact", "asked", "first contact", lambda: last_contact(self.target))

    def refuse_sending(self, items: Sequence[PlanItem]) -> None:
        """Raises NotProven for a file that is larger than D1 takes."""
        from landed.engines.d1.batch import refuse_too_large

        for item in items:
            refuse_too_large(item.migration)

    def before_sending(self, items: Sequence[PlanItem]) -> list[str]:
        """Triggers that the server may cut, and what the row guard reads where that is much."""
        from landed.engines.d1.beforehand import of_reads
        from landed.engines.d1.observed import of_triggers
        from landed.engines.sqlite.sql.cut_triggers import told as cut

        told = [f"{i.migration.name}, {text}" for i in items for text in cut(i.migration, i.statements)]
        told += of_triggers(self.target) if told else []
        state = self.target.state
        return told + (of_reads(self.target, items, self.facts_of(state)) if state is not None else [])

    def remember(self, undo: UndoPoint, command: str, files: Sequence[str] = ()) -> None:
        """Keep the bookmark on this machine, with what the database holds now."""
        from landed.engines.d1.bookmarks import remember

        remember(self.target, undo.bookmark, command, files)

    def plan_undo(self, *, bookmark: str | None, timestamp: str | None) -> UndoPlan:
        """What restoring a bookmark, or a moment, would lose."""
        from landed.engines.d1.undo import plan_undo

        return plan_undo(self, self.target, bookmark=bookmark, timestamp=timestamp)

    def run_undo(self, plan: UndoPlan) -> Undone:
        """Restore, once, and read the database again."""
        from landed.engines.d1.undo import run_undo

        return run_undo(self, self.target, plan)
