"""Connections that accept and refuse what D1's runtime does, and observe what statements do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import apsw

from landed.core.limits import DEFAULT as DEFAULT_LIMITS
from landed.core.limits import Limits as _Limits
from landed.engines.sqlite.shadow import walls as sqlite_walls
from landed.engines.sqlite.shadow.d1_rules import (
    FUNCTIONS,
    LIMITS,
    MODULES,
    NOT_BUILT_IN,
    RESERVED,
    pragma_allowed,
)
from landed.engines.sqlite.shadow.observer import Observer as _Sets
from landed.engines.sqlite.shadow.observer import Seen
from landed.engines.sqlite.shadow.refusals import explain_refusal

__all__ = ["Observer", "Sandbox", "Seen", "explain_refusal", "open_sandbox", "restrict", "unrestricted"]

_Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

_LIMITS = tuple((int(getattr(apsw, name)), limit) for name, limit in LIMITS.items())
_LIFTED = tuple(int(getattr(apsw, name)) for name in LIMITS if name != "SQLITE_LIMIT_ATTACHED")


class Observer(_Sets):
    """What statements on one restricted connection did; see :class:`.observer.Observer`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__()
        self._connection = connection

    def lifted(self) -> AbstractContextManager[apsw.Connection]:
        """:class:`unrestricted` for the connection that this observes."""
        return unrestricted(self._connection)


class Sandbox(NamedTuple):
    """A restricted connection and what observes it."""

    connection: apsw.Connection
    observer: Observer


def open_sandbox(
    mode: str,
    image: bytes | None = None,
    *,
    foreign_keys: bool = False,
    limits: _Limits = DEFAULT_LIMITS,
) -> Sandbox:
    """Open a throw-away database in memory that behaves as the mode says: ``d1`` or ``sqlite``.

    ``image`` is a whole database as ``Connection.serialize`` gives it (one in WAL mode is taken, too).
    Nothing that runs in it can open a file, and it takes no more memory than ``limits`` say. In the mode
    ``d1`` foreign keys are always enforced, as on D1; in the mode ``sqlite`` they are as ``foreign_keys``
    says (SQLite's own default is off). See :func:`restrict`.
    """
    connection = sqlite_walls.open_in_memory(limits, _without_wal(image) if image else None)
    if mode == "sqlite" and foreign_keys:
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    return Sandbox(connection, restrict(connection, mode, shadow=True))


def restrict(connection: apsw.Connection, mode: str, *, shadow: bool = False) -> Observer:
    """Put a connection, to whatever file, under the mode's rules; returns what observes it.

    In the mode ``sqlite`` statements are observed; BEGIN, COMMIT, ROLLBACK and ATTACH are refused, and what
    reaches the machine (:mod:`.walls`). ``shadow``: the database is a throw-away one.
    In the mode ``d1``: workerd's allow-lists of functions and pragmas, its limits, defensive mode,
    double-quoted strings, foreign keys always on (the pragma is accepted and does nothing), no reserved
    names, no TEMP, ATTACH or transaction statements. Statements of landed's own run inside
    :class:`unrestricted`. D1 runs everything inside a transaction; opening it is up to the caller.

    The connection must have been opened with ``statementcachesize=0`` (raises ValueError): SQLite asks
    the authorizer when it prepares, so a statement from a cache would be neither refused nor seen.
    """
    if connection.cache_stats()["size"]:
        raise ValueError("a restricted connection needs statementcachesize=0")
    if mode not in ("d1", "sqlite"):
        raise ValueError(f"no such mode: {mode}")
    observer = Observer(connection)
    sqlite_walls.harden(connection)
    if mode == "sqlite":
        connection.authorizer = _observing(observer, shadow)
        return observer
    config = connection.config
    config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    config(apsw.SQLITE_DBCONFIG_DQS_DDL, 1)
    config(apsw.SQLITE_DBCONFIG_DQS_DML, 1)
    for limit, value in _LIMITS:
        connection.limit(limit, value)
    connection.authorizer = _refusing(observer)
    altered = observer.altered

    def refuse_reserved_name(cursor: apsw.Cursor, sql: str, bindings: object) -> bool:
        # workerd's SQLite tells its authorizer the new name; the stock one does not.
        if altered and _renames_to_reserved(sql):
            raise apsw.AuthError("not authorized")
        return True

    connection.exec_trace = refuse_reserved_name
    return observer


class unrestricted:
    """Lift the rules and limits for landed's own statements, which are not observed either.

    ``with unrestricted(connection): …``. Defensive mode and the enforcement of foreign keys stay. May be
    nested, and used on a connection without restrictions.
    """

    __slots__ = ("_authorizer", "_connection", "_limits")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> apsw.Connection:
        connection = self._connection
        self._authorizer = connection.authorizer
        if self._authorizer is not None:
            connection.authorizer = None
            self._limits = [(limit, connection.limit(limit, 0x7FFFFFFF)) for limit in _LIFTED]
        return connection

    def __exit__(self, *_: object) -> None:
        if self._authorizer is not None:
            for limit, value in self._limits:
                self._connection.limit(limit, value)
            self._connection.authorizer = self._authorizer


def _renames_to_reserved(sql: str) -> bool:
    from landed.engines.sqlite.sql.head import read_head

    names = read_head(sql).renamed
    return names is not None and names[1][:4] in RESERVED


def _without_wal(image: bytes) -> bytes:
    # A memory database cannot be in WAL mode; these two header bytes say "rollback journal" instead.
    return image[:18] + b"\1\1" + image[20:] if image[18:20] == b"\2\2" else image


_READ, _SELECT, _FUNCTION = apsw.SQLITE_READ, apsw.SQLITE_SELECT, apsw.SQLITE_FUNCTION
_INSERT, _UPDATE, _DELETE = apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE
_ALTER, _DROP_TABLE, _PRAGMA = apsw.SQLITE_ALTER_TABLE, apsw.SQLITE_DROP_TABLE, apsw.SQLITE_PRAGMA
_REINDEX, _ANALYZE, _RECURSIVE = apsw.SQLITE_REINDEX, apsw.SQLITE_ANALYZE, apsw.SQLITE_RECURSIVE
_CREATE_TABLE, _CREATE_INDEX = apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_INDEX
_CREATE_VTABLE, _DROP_VTABLE = apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_VTABLE
_OK, _DENY, _IGNORE = apsw.SQLITE_OK, apsw.SQLITE_DENY, apsw.SQLITE_IGNORE

_CREATES = frozenset({_CREATE_TABLE, _CREATE_INDEX, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_CREATE_TRIGGER})
_DROPS = frozenset({apsw.SQLITE_DROP_VIEW, apsw.SQLITE_DROP_INDEX, apsw.SQLITE_DROP_TRIGGER})
_QUIET = frozenset({_SELECT, _READ, _RECURSIVE})


_NEVER = frozenset({apsw.SQLITE_TRANSACTION, apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH})
"""What no file may do in any mode: end the transaction that it is proven in, or reach other files."""


def _observing(observer: _Sets, shadow: bool) -> _Authorizer:
    """An authorizer that allows what stays in the database and tells the observer about the main one."""
    note = _noting(observer)
    barred, modules, pragma = sqlite_walls.FUNCTIONS, sqlite_walls.MODULES, sqlite_walls.pragma

    def authorize(
        action: int, one: str | None, two: str | None, database: str | None, trigger: str | None
    ) -> int:
        if action in _QUIET:
            return _OK
        if action == _FUNCTION:
            return _DENY if two in barred or (two is not None and two.lower() in barred) else _OK
        if action in _NEVER or (action == _CREATE_VTABLE and (two or "").lower() in modules):
            return _DENY
        if action == _PRAGMA:
            note(action, one, two, database)
            return pragma(one or "", two, shadow=shadow)
        if one != "sqlite_master":
            note(action, one, two, database)
        return _OK

    return authorize


def _noting(observer: _Sets) -> Callable[[int, str | None, str | None, str | None], None]:
    """What tells the observer about one action that does more than read."""
    created, altered, dropped = observer.created, observer.altered, observer.dropped
    deleted, inserted, updated = observer.deleted, observer.inserted, observer.updated
    implicit, pragmas, changes, other = observer.implicit, observer.pragmas, observer.changes, observer.other

    def note(action: int, one: str | None, two: str | None, database: str | None) -> None:
        if action == _ALTER:
            if one == "main":
                altered.add(two or "")
        elif action == _PRAGMA:
            pragmas.add((one or "").lower())
        elif database != "main":
            if database is None:
                other.add("elsewhere")
        elif action in _CREATES:
            if one is not None and not (one.startswith("sqlite_stat") or one == "sqlite_sequence"):
                created.add(one)
        elif action == _INSERT:
            inserted.add(one or "")
        elif action == _DELETE:
            if "drop view" not in changes:
                (implicit if dropped else deleted).add(one or "")
        elif action == _UPDATE:
            (implicit if dropped else updated).add(one or "")
        elif action in (_DROP_TABLE, _DROP_VTABLE):
            dropped.add(one or "")
        elif action in _DROPS:
            changes.add("drop view" if action == apsw.SQLITE_DROP_VIEW else "drop")
        elif action == _CREATE_VTABLE:
            created.add(one or "")
            other.add("virtual table")
        elif action == _ANALYZE:
            other.add("analyze")

    return note


def _refusing(observer: _Sets) -> _Authorizer:
    """An authorizer with workerd's rules that tells the observer what it lets through."""
    note = _noting(observer)
    functions, reserved, created = FUNCTIONS, RESERVED, observer.created

    def authorize(
        action: int, one: str | None, two: str | None, database: str | None, trigger: str | None
    ) -> int:
        if one == "sqlite_master" and database == "main":
            return _OK
        if action == _FUNCTION:
            return _OK if two in functions or (two is not None and two.lower() in functions) else _DENY
        if action in (_SELECT, _RECURSIVE):
            return _OK
        if action == _READ:
            if one is None or one[:4] in reserved or one in NOT_BUILT_IN:
                return _DENY
            return _OK if database in ("main", "temp", None) else _DENY
        if action == _CREATE_TABLE and database == "main" and one is not None:
            if one[:4] in reserved:
                return _DENY
            if one != "sqlite_sequence" and one[:11] != "sqlite_stat":
                created.add(one)
            return _OK
        if action == _ALTER:
            if one != "main" or two is None or two[:4] in reserved:
                return _DENY
        elif action == _PRAGMA:
            if one is None or not pragma_allowed(one, two) or database not in (None, "main"):
                return _DENY
            if two is not None and one.lower() == "foreign_keys":
                # D1 is always inside a transaction, where SQLite ignores this pragma.
                note(action, one, two, database)
                return _IGNORE
        elif database == "temp":
            return _OK if action == _UPDATE and one is not None and one[:4] not in reserved else _DENY
        elif database != "main" or one is None:
            return _DENY
        elif action in (_CREATE_VTABLE, _DROP_VTABLE):
            if one[:4] in reserved or two is None or two.lower() not in MODULES:
                return _DENY
        elif action in _PLAIN:
            if action != _ANALYZE and (one[:4] in reserved or (two is not None and _owned(action, two))):
                return _DENY
        else:
            return _DENY
        note(action, one, two, database)
        return _OK

    return authorize


_TWO_NAMES = frozenset(
    {_CREATE_INDEX, apsw.SQLITE_DROP_INDEX, apsw.SQLITE_CREATE_TRIGGER, apsw.SQLITE_DROP_TRIGGER}
)
_PLAIN = _CREATES | _DROPS | {_INSERT, _UPDATE, _DELETE, _DROP_TABLE, _REINDEX, _ANALYZE}


def _owned(action: int, table: str) -> bool:
    return action in _TWO_NAMES and table[:4] in RESERVED
