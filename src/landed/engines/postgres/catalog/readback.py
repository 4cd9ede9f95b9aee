"""Reading back single facts: only what some keys are about, resolved by name on the server.

The queries are the snapshot's own, narrowed to the units that have the names asked for, and prepared once per
session: a file's proof costs the server what its own objects cost, whatever else the schema holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from landed.core.facts import FactKey
from landed.engines.postgres.catalog.queries import queries
from landed.engines.postgres.catalog.rows import Reader
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.session import SET
from landed.engines.postgres.catalog.snapshot import parameters
from landed.engines.postgres.kinds import KINDS, READINGS
from landed.engines.postgres.kinds.base import ORDERED, Kind, Reading
from landed.engines.postgres.kinds.naming import split_name

if TYPE_CHECKING:
    import psycopg

Wanted = dict[str, set[tuple[str, str]]]
"""Catalog query -> the (schema, name) pairs whose units it is to read; no pairs where it is read whole."""

_BY_INDEX: Final = ", ".join(
    f"pg_catalog.set_config('enable_{way}', 'off', true)" for way in ("seqscan", "hashjoin", "mergejoin")
)
"""A plan is made once and kept: one that reads a whole catalog costs more with every file that adds to it."""

SETTINGS: Final = f"{SET}, {_BY_INDEX}, pg_catalog.set_config('statement_timeout', '0', true)"
"""A statement that makes the settings under which single facts are read, for the rest of a transaction."""

_NAMED: Final = "FROM unnest($1, $2) AS w (s, o) JOIN pg_namespace n ON n.nspname = w.s "
_RELATIONS: Final = f"SELECT c.oid {_NAMED}JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.o"
_TYPES: Final = f"SELECT t.oid {_NAMED}JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = w.o"
_ROUTINES: Final = f"SELECT p.oid {_NAMED}JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = w.o"


_BY_NAME: Final = {
    "schema": "SELECT oid FROM pg_namespace WHERE nspname = ANY ($2)",
    "relation": _RELATIONS,
    "type": _TYPES,
    "routine": _ROUTINES,
}
_OWNERS: Final = {"pg_class": _RELATIONS, "pg_type": _TYPES}


def _units(reading: Reading) -> str:
    beside = reading.beside
    if beside is None:
        return _BY_NAME[reading.named]
    return f"SELECT {beside.unit} FROM {beside.catalog} WHERE {beside.owner} IN ({_OWNERS[beside.of]})"


_UNITS: Final = {name: _units(reading) for name, reading in READINGS.items() if reading.narrow}
"""Which units of a query have the names in ``$2``, in the schemas in ``$1``."""

TABLES: Final = frozenset(kind.name for kind in KINDS.values() if "tables" in kind.read_by)

_OF_OTHERS: Final = {
    fact: name for name, reading in READINGS.items() for prop in reading.props if prop.how == ORDERED
    for fact in prop.tells
}  # fmt: skip
"""Properties of what the objects are parts of."""

_ACL: Final = {
    acl: tuple(dict.fromkeys(kind.read_by[0] for kind in KINDS.values() if kind.acl == acl))
    for acl in {kind.acl for kind in KINDS.values() if kind.acl}
}
"""Where access control lists stand, by the word for what something is granted on."""


def wanted(keys: Iterable[FactKey]) -> Wanted:
    """Which queries tell the facts of these keys, and of which objects; for other kinds, all read whole."""
    asked = list(keys)
    found: Wanted = {}
    tables = {k.name for k in asked if k.kind in TABLES}
    tables |= {k.parent for k in asked if k.kind == "column"}

    def want(names: Iterable[str], parts: Sequence[str]) -> None:
        for name in names:
            units = found.setdefault(name, set())
            if name in _UNITS and parts:
                units.add(("", parts[0]) if name == "schemas" else (parts[0], parts[-1]))

    for key in asked:
        kind = KINDS.get(key.kind)
        if key.prop in _OF_OTHERS:
            want((_OF_OTHERS[key.prop],), split_name(key.name))
        elif kind is not None:
            names = _telling(kind, key, tables)
            narrow = any(name in _UNITS for name in names)
            want(names, split_name(key.parent if kind.on else key.name) if narrow else ())
        elif key.kind.startswith(("grant on ", "revoke on ")):
            what = key.kind.partition(" on ")[2]
            parts = split_name(key.parent)
            want(_ACL.get(what, ()), parts[:-1] if what == "column" else parts)
        else:
            want([name for name in READINGS if name not in _UNITS], ())
    return found


def _telling(kind: Kind, key: FactKey, tables: Collection[str]) -> tuple[str, ...]:
    """The queries that tell a fact; ``tables`` are known to be no domains."""
    names = kind.read_by
    if kind.and_by and key.prop not in _told(kind.name):
        names += kind.and_by
    if key.parent in tables:
        names = tuple(name for name in names if not _of_a_type(READINGS[name]))
    return names


@cache
def _told(kind: str) -> frozenset[str]:
    """The properties that its readings tell by name."""
    return frozenset(
        fact for name in KINDS[kind].read_by for prop in READINGS[name].props for fact in prop.facts
    )


def _of_a_type(reading: Reading) -> bool:
    return reading.beside is not None and reading.beside.of == "pg_type"


def names_of(units: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The texts of two arrays: the schemas of (schema, name) pairs, and their names."""
    pairs = sorted(units)
    return _array(schema for schema, _ in pairs), _array(name for _, name in pairs)


def _array(names: Iterable[str]) -> str:
    """The text of an array of names; the driver's own way there takes much longer."""
    quoted = (name.replace("\\", "\\\\").replace('"', '\\"') for name in names)
    return "{" + ",".join(f'"{name}"' for name in quoted) + "}"


class Read(NamedTuple):
    """One statement to send: SQL as it is, or the name of a prepared statement and its values."""

    sql: str
    prepared: str = ""
    values: tuple[str, ...] = ()
    """Texts of arrays of names."""


class Rows(Protocol):
    """What a query gave: the names of its columns, and their values, row by row."""

    @property
    def titles(self) -> Sequence[str]:
        """The names."""
        ...

    @property
    def rows(self) -> Sequence[Sequence[object]]:
        """The values."""
        ...


class Readback:
    """Reads single facts of one session's database, inside its transaction.

    ``main_role`` is the database's owner (the query ``main_role``). Used in a pipeline: :meth:`commands`
    gives what to send, after which the settings of the transaction are the canonical ones until it ends,
    and :meth:`facts` takes each of them with its answer.
    """

    def __init__(self, connection: psycopg.Connection[Any], scope: Scope, main_role: str) -> None:
        self._connection = connection
        major = connection.info.server_version // 10000
        self.main_role = scope.main_role or main_role
        self.main_shown = scope.main_role or "(owner)"
        self.reader = Reader(scope, major, self.main_role)
        self._parameters = parameters(scope, major)
        self._generation = 0
        self._known: set[str] = set()

    def forget(self) -> None:
        """Whatever was prepared may be gone (a pipeline that failed, DEALLOCATE): prepare it again."""
        self._generation += 1
        self._known.clear()

    def commands(self, keys: Iterable[FactKey], also: str = "") -> list[Read]:
        """The statements to send; the first makes the settings, and gives the columns ``also`` besides."""
        sent = [Read(SETTINGS + (f", {also}" if also else ""))]
        for name, units in sorted(wanted(keys).items()):
            prepared = f"landed_read_{self._generation}_{name}"
            if name not in self._known:
                self._known.add(name)
                places = " (name[], name[])" if name in _UNITS else ""
                sent.append(Read(f"PREPARE {prepared}{places} AS {self.query(name)}"))
            sent.append(Read("", prepared, names_of(units) if name in _UNITS else ()))
        return sent

    def facts(self, answered: Iterable[tuple[Read, Rows]]) -> dict[FactKey, str]:
        """The facts in the answers to :meth:`commands`."""
        found: dict[FactKey, str] = {}
        for read, answer in answered:
            if read.prepared:
                self.reader.read(answer.titles, answer.rows, found)
        return found

    def query(self, name: str) -> str:
        """The text of a catalog query, narrowed where it can be: to the names ``$2``, schemas ``$1``."""
        query = queries()[name]
        if name in _UNITS:
            assert query.narrowed is not None
            return self._filled(query.narrowed, f"ARRAY({_UNITS[name]})")
        return self._filled(query.full, "")

    def _filled(self, sql: str, units: str) -> str:
        import re

        return re.sub(
            r"%\((\w+)\)s",
            lambda found: units if found[1] == "units" else self._literal(self._parameters[found[1]]),
            sql,
        )

    @property
    def _literal(self) -> Callable[[object], str]:
        from psycopg.sql import Literal

        return lambda value: Literal(value).as_string(self._connection)
