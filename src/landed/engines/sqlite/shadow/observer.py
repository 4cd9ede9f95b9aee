"""What a statement did, as SQLite's authorizer saw it: created, altered, dropped, written."""

from __future__ import annotations

from typing import Final, NamedTuple

_NONE: Final[frozenset[str]] = frozenset()


class Seen(NamedTuple):
    """The kinds of actions in the statement or statements since the last :meth:`Observer.take`.

    Names are spelt as the schema spells them. What a statement may do is reported, whether or not
    it found rows; ``EXPLAIN`` is reported like the statement it explains. Tables written by triggers
    and foreign key actions count as written. SQLite's own writing (sqlite_master, statistics) does not.
    """

    created_only: bool
    """Something was created, and nothing was altered, dropped, analysed or written: in the schema
    there can only be new objects. A virtual table is more than that (it writes its shadow tables)."""
    ddl: bool
    """The schema may have changed (``CREATE … IF NOT EXISTS`` that did nothing counts)."""
    dropped_tables: frozenset[str]
    """Tables and virtual tables that were dropped."""
    altered: frozenset[str]
    """Tables that ALTER TABLE named, by the name that they had before."""
    deleted_from: frozenset[str]
    """Tables a DELETE (or a cascade of one) was aimed at; the deletion of all rows that
    is part of a DROP TABLE is left out."""
    inserted_into: frozenset[str]
    updated: frozenset[str]
    pragmas: frozenset[str]
    """Pragmas by name, in lower case, table-valued ``pragma_…`` functions too."""
    cascaded: frozenset[str]
    """Other tables whose rows a DROP TABLE would delete or change through ON DELETE actions."""

    @property
    def written(self) -> frozenset[str]:
        """All tables whose rows may have changed without the table having been dropped."""
        return self.deleted_from | self.inserted_into | self.updated | self.cascaded


NOTHING: Final = Seen(False, False, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE)
"""What a statement that only reads has done."""


class Observer:
    """Collects what the authorizer reports until it is taken; call :meth:`take` after each statement.

    The sets are filled by the authorizer (``landed.engines.sqlite.shadow.sandbox``) on the hot path: one set
    operation per action. Without a ``take`` in between, a DELETE that follows a DROP TABLE cannot be
    told from the deletion that is part of the DROP. A statement that failed may have been seen in part:
    take that away, too.
    """

    __slots__ = ("altered", "changes", "created", "deleted", "dropped", "implicit", "inserted", "other",
                 "pragmas", "updated")  # fmt: skip

    def __init__(self) -> None:
        self.created: set[str] = set()
        self.altered: set[str] = set()
        self.dropped: set[str] = set()
        self.deleted: set[str] = set()
        self.inserted: set[str] = set()
        self.updated: set[str] = set()
        self.implicit: set[str] = set()
        self.pragmas: set[str] = set()
        self.changes: set[str] = set()
        """Kinds of schema change besides creating, altering and dropping tables."""
        self.other: set[str] = set()
        """Kinds of actions that make a statement more than a creation."""

    def take(self) -> Seen:
        """What was seen since the last call; forgets it."""
        creates = bool(self.created)
        ddl = creates or bool(self.altered or self.dropped or self.changes)
        written = self.deleted or self.inserted or self.updated or self.implicit
        if not (ddl or written or self.pragmas or self.other):
            return NOTHING
        if creates and not (self.altered or self.dropped or self.changes or self.other or self.pragmas):
            seen = self._writes(ddl) if written else _CREATED
            self.clear()
            return seen
        seen = self._writes(ddl)
        self.clear()
        return seen

    def _writes(self, ddl: bool) -> Seen:
        deleted, inserted = _own(self.deleted, ddl), _own(self.inserted, ddl)
        updated = _own(self.updated, ddl)
        cascaded = _own(self.implicit, True) - self.dropped
        dropped = frozenset(self.dropped)
        more = self.altered or dropped or self.changes or self.other
        only = bool(self.created) and not (more or deleted or inserted or updated)
        return Seen(
            only, ddl, dropped, frozenset(self.altered), deleted, inserted, updated,
            frozenset(self.pragmas), cascaded,
        )  # fmt: skip

    def clear(self) -> None:
        """Forget what was seen."""
        for seen in (
            self.created, self.altered, self.dropped, self.deleted, self.inserted, self.updated,
            self.implicit, self.pragmas, self.changes, self.other,
        ):  # fmt: skip
            if seen:
                seen.clear()


_CREATED: Final = Seen(True, True, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE)


def _own(names: set[str], ddl: bool) -> frozenset[str]:
    """Without the tables that SQLite itself keeps; sqlite_sequence is the user's except under DDL."""
    return frozenset(n for n in names if not n.startswith("sqlite_") or (n == "sqlite_sequence" and not ddl))
