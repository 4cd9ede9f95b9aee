"""Required features on SQLite, through sqlite3 or apsw: the schema is read, whatever tracers are set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from landed.core.errors import CannotKnow, UsageError
from landed.features.grammar import Feature, Name, dotted
from landed.features.missing import Missing

_SELECT = """\
SELECT {number}, CAST(m.type AS BLOB), CAST(m.name AS BLOB), CAST(m.tbl_name AS BLOB), CAST(c.name AS BLOB)
FROM {schema}.{table} AS m LEFT JOIN pragma_table_xinfo(m.name, {literal}) AS c
ON m.type IN ('table', 'view') AND c.hidden <> 1"""
"""Blobs, so that no text_factory changes them."""

_KINDS = frozenset({"", "schema", "table", "view", "column", "index", "trigger"})


class _Object(NamedTuple):
    schema: str
    type: str
    name: str
    table: str
    columns: tuple[str, ...]


def ask(connection: Any, module: str, features: Sequence[Feature]) -> list[Missing]:
    """On a connection of ``module`` (``sqlite3`` or ``apsw``). Raises UsageError, CannotKnow."""
    for feature in features:
        if feature.kind not in _KINDS:
            raise UsageError(
                f"{feature.text!r} cannot be required of SQLite: it has no {feature.kind} to look at",
                details=(f"kinds: {', '.join(sorted(_KINDS - {''}))}",),
                next="leave it out for this database",
            )
    try:
        schemas = [_text(row[0]) for row in _rows(connection, module, _DATABASES)]
        objects = _objects(_rows(connection, module, _query(schemas)), schemas)
    except UsageError:
        raise
    except Exception as error:
        # Both modules have error classes of their own, and neither is imported for those of the other.
        if type(error).__module__.partition(".")[0] not in ("sqlite3", "apsw"):
            raise
        raise CannotKnow(
            "the database could not be asked for the required features",
            details=(f"said: {error}",),
            next="see what was said, and try again",
        ) from error
    found = ((feature.text, _lacking(feature, objects, schemas)) for feature in features)
    return [Missing(text, reason) for text, reason in found if reason is not None]


_DATABASES = "SELECT CAST(name AS BLOB) FROM pragma_database_list ORDER BY seq <> 1, seq"


def _query(schemas: Sequence[str]) -> str:
    parts = []
    for number, schema in enumerate(schemas):
        table = "sqlite_temp_master" if schema == "temp" else "sqlite_master"
        quoted, literal = schema.replace('"', '""'), schema.replace("'", "''")
        parts.append(_SELECT.format(number=number, schema=f'"{quoted}"', table=table, literal=f"'{literal}'"))
    return "\nUNION ALL\n".join(parts)


def _rows(connection: Any, module: str, query: str) -> list[Any]:
    cursor = connection.cursor()
    try:
        if module == "sqlite3":
            cursor.row_factory = None
        else:
            cursor.row_trace = None
            cursor.exec_trace = None
        return list(cursor.execute(query))
    finally:
        cursor.close()


def _text(value: bytes) -> str:
    return bytes(value).decode("utf-8", "replace")


def _objects(rows: Iterable[Any], schemas: Sequence[str]) -> list[_Object]:
    columns: dict[tuple[str, str, str, str], list[str]] = {}
    for number, kind, name, table, column in rows:
        key = (schemas[number], _text(kind), _text(name), _text(table))
        found = columns.setdefault(key, [])
        if column is not None:
            found.append(_text(column))
    return [_Object(*key, tuple(value)) for key, value in columns.items()]


def _same(one: str, name: Name) -> bool:
    return _lower(one) == _lower(name.written)


def _lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def _pick(objects: Sequence[_Object], name: Sequence[Name], *types: str) -> list[_Object]:
    """temp's objects hide main's, and those of attached databases come last, as SQLite resolves names."""
    return [
        o
        for o in objects
        if o.type in types and _same(o.name, name[-1]) and (len(name) == 1 or _same(o.schema, name[0]))
    ]


def _lacking(feature: Feature, objects: Sequence[_Object], schemas: Sequence[str]) -> str | None:
    name, kind = feature.name, feature.kind

    def attached(part: Name) -> bool:
        return any(_same(schema, part) for schema in schemas)

    if kind == "schema":
        return None if attached(name[0]) else "no database of this name is attached"
    if kind == "column" or (not kind and (len(name) == 3 or (len(name) == 2 and not attached(name[0])))):
        return _column(feature, objects)
    types = ("table", "view") if not kind else (kind,)
    found = _pick(objects, name, *types)
    if kind == "trigger":
        found = [
            o
            for o in found
            if _same(o.table, feature.on[-1]) and (len(feature.on) == 1 or _same(o.schema, feature.on[0]))
        ]
    if found:
        return None
    other = _pick(objects, name, "table", "view", "index", "trigger")
    if other and kind == "trigger" and other[0].type == "trigger":
        return f"it is a trigger on {other[0].table}"
    if other:
        return f"it is {'an' if other[0].type == 'index' else 'a'} {other[0].type}"
    return f"there is no {kind or 'table or view'} {_shown(name)}"


def _column(feature: Feature, objects: Sequence[_Object]) -> str | None:
    *where, column = feature.name
    tables = _pick(objects, where, "table", "view")
    if not tables:
        return f"there is no table or view {_shown(tuple(where))}"
    if any(_same(c, column) for c in tables[0].columns):
        return None
    return f"{tables[0].name} has no column {column.written}; it has {', '.join(tables[0].columns)}"


def _shown(name: tuple[Name, ...]) -> str:
    return dotted(tuple(Name(part.written, part.written) for part in name))
