"""What a copy of a schema is made from: its facts as printed, and what needs what, by identifiers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from landed.core.facts import YES, FactKey, ObjectKey
from landed.engines.postgres.catalog.printed import PrintedReader
from landed.engines.postgres.catalog.queries import queries, text
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.session import canonical
from landed.engines.postgres.catalog.snapshot import uncollected
from landed.engines.postgres.kinds import READINGS
from landed.engines.postgres.kinds.writes import INHERITED
from landed.engines.postgres.sql.names import quoted

if TYPE_CHECKING:
    import psycopg

Id = tuple[int, int]
"""An object in the catalogs: the catalog's oid and its own."""

_MAIN = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"


@dataclass(slots=True)
class Read:
    """``objects`` are what stands under an identifier, ``columns`` the columns by relation and number,
    ``defaults`` those that have one. ``depends`` are rows of pg_depend, ``same`` leads from what is made with
    another to that one. ``main`` is who owns everything, as facts call it."""

    main: str
    facts: dict[FactKey, str]
    objects: dict[Id, list[ObjectKey]] = field(default_factory=dict)
    columns: dict[Id, ObjectKey] = field(default_factory=dict)
    defaults: dict[ObjectKey, Id] = field(default_factory=dict)
    depends: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    same: dict[Id, Id] = field(default_factory=dict)

    def made_with(self, identifier: Id) -> Id:
        """The one that an object is made with, or itself."""
        for _ in range(8):
            if identifier not in self.same:
                break
            identifier = self.same[identifier]
        return identifier


def read(
    connection: psycopg.Connection[Any],
    scope: Scope,
    arguments: Mapping[str, object],
    names: Collection[str],
    *,
    nobody: bool = False,
) -> Read:
    """Read these catalog queries, and what stands beside them; in one transaction, without writing.

    With ``nobody`` no role is the usual one, so that everything's owner is told. Raises the driver's errors.
    """
    from psycopg.rows import tuple_row

    catalogs = {READINGS[name].catalog for name in names}
    with canonical(connection), uncollected():

        def ask(sql: str) -> psycopg.Cursor[Any]:
            return connection.cursor(row_factory=tuple_row).execute(sql, arguments, prepare=False)

        owner = ask(_MAIN)
        numbers, columns = ask(text("copy_catalogs")), ask(text("copy_columns"))
        depends, same = ask(text("copy_depends")), ask(text("copy_same"))
        cursors = {name: ask(queries()[name].full) for name in names}
        inherited = ask(text("copy_inherited"))
        (found,) = owner.fetchone() or ("",)
        main = "" if nobody else scope.main_role or found
        reader = PrintedReader(scope, connection.info.server_version // 10000, main)
        facts = Read("(owner)" if scope.main_role is None else quoted(main), {})
        oids = {name: oid for name, oid in numbers.fetchall() if name in catalogs or name in _BESIDE}
        for name, cursor in cursors.items():
            _into(facts, reader, oids.get(READINGS[name].catalog, 0), cursor)
        _into(facts, reader, oids["pg_constraint"], inherited)
        _columns(facts, columns.fetchall(), oids)
        facts.depends = depends.fetchall()
        facts.same = {(a, b): (c, d) for a, b, c, d in same.fetchall()}
    return facts


_BESIDE = frozenset(("pg_attrdef", "pg_class", "pg_constraint"))


def _into(found: Read, reader: PrintedReader, catalog: int, cursor: psycopg.Cursor[Any]) -> None:
    rows = cursor.fetchall()
    result = cursor.pgresult
    assert result is not None
    titles = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
    sinks: dict[int, dict[FactKey, str]] = {}
    reader.read_into(titles, rows, lambda unit: sinks.setdefault(unit, {}))
    for unit, sink in sinks.items():
        found.facts.update(sink)
        objects = found.objects.setdefault((catalog, unit), [])
        objects += [obj for obj in dict.fromkeys(key.object for key in sink) if obj not in objects]


def _columns(found: Read, rows: Iterable[tuple[Any, ...]], oids: Mapping[str, int]) -> None:
    for relation, number, schema, table, name, own, default in rows:
        obj = ObjectKey("column", f"{quoted(schema)}.{quoted(table)}", quoted(name))
        found.columns[relation, number] = obj
        if default is not None:
            found.defaults[obj] = oids["pg_attrdef"], default
        if not own:
            found.facts[obj.fact(INHERITED)] = YES
