"""Following a shadow's session without waiting: a function on the server looks, answers are taken later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.facts import Effects, FactKey
from landed.engines.postgres.catalog import touched
from landed.engines.postgres.catalog.look_function import LOST, look_function
from landed.engines.postgres.catalog.queries import WHOLE
from landed.engines.postgres.catalog.tracker import PARENTS, Tracker
from landed.engines.postgres.kinds import READINGS

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.catalog.scope import Scope


_QUIET = "SELECT pg_catalog.to_regprocedure('pg_catalog.landed_quiet()')"
_QUIET_NOW, _LOUD_AGAIN = "SELECT pg_catalog.landed_quiet()", "SELECT pg_catalog.landed_unquiet()"


_NAMED = frozenset(
    name for name, reading in READINGS.items() if reading.named in ("relation", "routine", "schema")
)
"""Readings all of whose units are objects with a name of their own."""
_ROUTINES = frozenset(name for name in _NAMED if READINGS[name].named == "routine")


class Noted(NamedTuple):
    """What a follower knew at one moment."""

    facts: dict[FactKey, str]
    units: dict[str, dict[int, dict[FactKey, str]]]
    comments: set[tuple[str, int, int]]
    roles: dict[int, str]


class Follower(Tracker):
    """A :class:`Tracker` for a database that landed made.

    Send :attr:`note` when a transaction begins and after a ROLLBACK TO SAVEPOINT, and :attr:`look` after each
    statement, in the same transaction; give each look's answer to :meth:`take`, in order. ``admin`` is the
    server's administrator's connection to the same database, needed once.
    """

    outside = False
    """Whether the last answer told of rows that belong to no object that is read."""

    def __init__(
        self, connection: psycopg.Connection[Any], scope: Scope, admin: psycopg.Connection[Any]
    ) -> None:
        super().__init__(connection, scope)
        from psycopg import errors

        name, text = look_function(self._prepared.constants, "pg_catalog")
        made = admin.execute("SELECT pg_catalog.to_regproc(%s)", (name,), prepare=False).fetchone()
        if made is None or made[0] is None:
            try:
                with admin.transaction():
                    admin.execute("SET LOCAL allow_system_table_mods = on")
                    guarded = admin.execute(_QUIET).fetchone()
                    quiet = guarded is not None and guarded[0] is not None
                    # Event triggers of the files' would fire for the server's superuser.
                    for step in (_QUIET_NOW, text, _LOUD_AGAIN) if quiet else (text,):
                        admin.execute(step.encode())
            except errors.InsufficientPrivilege:
                # Somebody else's server, whose login is no superuser.
                name, text = look_function(self._prepared.constants, "pg_temp")
                connection.execute(text.encode())
        self.look = f"SELECT {name}(false)".encode()
        self.note = f"SELECT {name}(true)".encode()

    def take(self, answer: bytes | None, *, here: bool) -> Effects | None:
        """The changes that a look found; ``None`` when the session must be asked more and is not there.

        ``here`` says that nothing was sent after this look; then there is always an answer.
        """
        self.blind, self.outside = frozenset(), False
        if answer is None:
            return ()
        if answer == LOST.encode():
            return self._reread() if here else None
        told = json.loads(answer)
        self.blind = frozenset(told.pop("blind", ()))
        names = {int(role): name for role, name in told.pop("roles", {}).items()}
        known, self._roles = self._roles, names or self._roles
        if any(self._roles.get(role, name) != name for role, name in known.items()) or (
            told.pop("heirs", False) and self._has_heirs()
        ):
            return self._reread() if here else None
        before: dict[FactKey, str] = {}
        after: dict[FactKey, str] = {}
        for catalog in touched.SOURCES:
            if catalog in told:
                self._take_away(catalog, set(told.pop(catalog)), before)
        temporary = told.pop("temporary", False)
        unread = self._commented(told)
        self.outside = self._is_outside(told, temporary)
        renamed: dict[str, set[int]] = {}
        for name, found in told.items():
            self._put(name, found, before, after, renamed)
        if not renamed and not unread:
            return self._apply(before, after)
        if not here:
            return None
        if "pg_namespace" in renamed:
            return self._reread()
        with self._canonical(self._look().settings):
            whole = set(WHOLE) if renamed else unread.keys() & set(WHOLE)
            wanted = {name: units for name, units in unread.items() if name not in WHOLE}
            read = {
                name: None if found["units"] is None else set(found["units"]) for name, found in told.items()
            }
            effects = self._settle(wanted, whole, before, after, renamed=renamed, read=read)
        return self._reread() if effects is None else effects

    def noted(self) -> Noted:
        """What is known now, to go back to with :meth:`back`."""
        return Noted(
            dict(self.facts),
            {name: dict(units) for name, units in self._units.items()},
            set(self._comments),
            dict(self._roles),
        )

    def back(self, noted: Noted) -> None:
        """Everything since then was rolled back."""
        self.facts, self._units, self._comments, self._roles = noted

    def has(self, query: str) -> bool:
        """Whether there is anything of the user's that a query tells of."""
        return any(self._units[query].values())

    def reread(self) -> Effects:
        """Read everything again: after a lost transaction, or a statement that ran outside of any."""
        return self._reread()

    def _is_outside(self, told: Mapping[str, Any], temporary: bool) -> bool:
        """Whether rows were written that belong to no object that is read, as an extension's do.

        ``temporary``: the session has a schema for what ends with it, which is nobody's either.
        """
        return any(
            unit not in self._units[name] and all(int(row["unit"]) != unit for row in found["rows"])
            for name, found in told.items()
            if name in (_ROUTINES if temporary else _NAMED)
            for unit in found["units"] or ()
        )

    def _has_heirs(self) -> bool:
        return any(
            PARENTS & {key.prop for key in facts}
            for name in ("tables", "indexes")
            for facts in self._units[name].values()
        )

    def _take_away(self, catalog: str, left: set[int], before: dict[FactKey, str]) -> None:
        for name in touched.SOURCES[catalog].gone:
            units = self._units[name]
            for unit in [unit for unit in units if unit >= 16384 and unit not in left]:
                before.update(units.pop(unit))

    def _commented(self, told: dict[str, Any]) -> dict[str, set[int]]:
        """Note new and lost comments; returns the units that have lost one and were not read."""
        self._comments.update((catalog, unit, part) for catalog, unit, part in told.pop("commented", ()))
        unread: dict[str, set[int]] = {}
        if "comments" in told:
            now = {(catalog, unit, part) for catalog, unit, part in told.pop("comments")}
            for catalog, unit, part in self._comments - now:
                names = touched.COMMENTED.get(catalog, WHOLE)
                if catalog == "pg_class":
                    names = ("columns",) if part else touched.RELATION
                for name in names:
                    read = told.get(name)
                    if unit in self._units[name] and (read is None or unit not in (read["units"] or (unit,))):
                        unread.setdefault(name, set()).add(unit)
            self._comments = now
        return unread

    def _put(
        self,
        name: str,
        read: dict[str, Any],
        before: dict[FactKey, str],
        after: dict[FactKey, str],
        renamed: dict[str, set[int]],
    ) -> None:
        assert self._reader is not None
        rows = [list(row.values()) for row in read["rows"]]
        found: dict[int, dict[FactKey, str]] = {}
        if rows:
            titles = list(read["rows"][0])
            for row in rows:
                row[0] = int(row[0])
            self._reader.read_into(titles, rows, lambda unit: found.setdefault(unit, {}))
        if read["units"] is not None:
            self._replace(name, read["units"], found, before, after, renamed)
            return
        for facts in self._units[name].values():
            before.update(facts)
        for facts in found.values():
            after.update(facts)
        self._units[name] = found
