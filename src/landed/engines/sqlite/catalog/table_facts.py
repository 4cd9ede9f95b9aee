"""The facts of one SQLite table: the table, its columns and its constraints."""

from __future__ import annotations

from collections.abc import Iterator

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.sqlite.catalog.table import Key, Table, Term, read_table
from landed.engines.sqlite.sql.expression import settle
from landed.engines.sqlite.sql.reader import Reader, Unreadable
from landed.engines.sqlite.sql.tokens import fold, shown

Fact = tuple[FactKey, str]
IMPLICIT = "(primary key{})"
"""How a reference ends that does not name the parent's columns; ``: 2 1`` are their places in the parent's
key, where the order is another one."""


def table_facts(name: str, sql: str) -> list[Fact]:
    """All facts of an ordinary table from its CREATE TABLE text; ``name`` is its folded name.

    A text that cannot be read (SQLite stores none such) gives its tokens as one fact, ``definition``.
    """
    facts: list[Fact] = [(FactKey("table", "", name, EXISTS), YES)]
    try:
        table = read_table(sql, name)
    except (Unreadable, RecursionError):
        facts.append((FactKey("table", "", name, "definition"), Reader(sql).tokens(0)))
        return facts
    columns = [fold(column.name) for column in table.columns]
    if table.strict:
        facts.append((FactKey("table", "", name, "strict"), YES))
    if table.without_rowid:
        facts.append((FactKey("table", "", name, "without rowid"), YES))
    facts.append((FactKey("table", "", name, "column order"), ", ".join([shown(c) for c in columns])))
    _columns(facts, name, table, columns)
    collations = {fold(column.name): column.collation for column in table.columns if column.collation}
    if table.primary is not None:
        _primary(facts, name, table, table.primary, collations)
    if table.references:
        _add(facts, "foreign key", name, _references(table))
    if table.uniques:
        _add(facts, "unique", name, _uniques(table, collations), once=True)
    if table.checks:
        _add(facts, "check", name, _checks(table, frozenset(columns)), once=True)
    return facts


def _columns(facts: list[Fact], parent: str, table: Table, names: list[str]) -> None:
    known: frozenset[str] | None = None
    required = _required_by_key(table)
    for name, column in zip(names, table.columns, strict=True):
        facts.append((FactKey("column", parent, name, EXISTS), YES))
        facts.append((FactKey("column", parent, name, "type"), column.type))
        not_null = column.not_null or name in required
        facts.append((FactKey("column", parent, name, "not null"), YES if not_null else "no"))
        facts.append((FactKey("column", parent, name, "spelling"), column.name))
        if column.conflict:
            facts.append((FactKey("column", parent, name, "not null on conflict"), column.conflict))
        if column.default:
            facts.append((FactKey("column", parent, name, "default"), settle(column.default, frozenset())))
        if column.generated:
            known = known or frozenset(names)
            facts.append((FactKey("column", parent, name, "generated"), settle(column.generated, known)))
        if column.collation and column.collation != "binary":
            facts.append((FactKey("column", parent, name, "collation"), column.collation))


def _required_by_key(table: Table) -> frozenset[str]:
    """Columns that are NOT NULL because of the primary key, as PRAGMA table_xinfo reports them.

    So it is in WITHOUT ROWID and STRICT tables (sqlite.org/withoutrowid.html, stricttables.html),
    but for the alias of the rowid.
    """
    key = table.primary
    if key is None or not (table.without_rowid or table.strict) or _is_rowid_alias(table, key):
        return frozenset()
    return frozenset(term.column for term in key.terms)


def _is_integer_key(table: Table, key: Key) -> bool:
    """Whether SQLite takes the key for a rowid's other name (sqlite.org/lang_createtable.html#rowid)."""
    if len(key.terms) != 1 or (key.inline and key.terms[0].descending):
        return False
    return any(c.type == "integer" and fold(c.name) == key.terms[0].column for c in table.columns)


def _is_rowid_alias(table: Table, key: Key) -> bool:
    return not table.without_rowid and _is_integer_key(table, key)


def _primary(facts: list[Fact], parent: str, table: Table, key: Key, collations: dict[str, str]) -> None:
    facts.append((FactKey("primary key", parent, "", EXISTS), YES))
    terms = key.terms
    alias = False
    if _is_integer_key(table, key):
        # A rowid has no collation and no direction; WITHOUT ROWID brings the direction back.
        alias = not table.without_rowid
        terms = (Term(terms[0].column, "", terms[0].descending and not alias),)
    facts.append((FactKey("primary key", parent, "", "columns"), _listed(terms, collations)))
    if alias:
        facts.append((FactKey("primary key", parent, "", "rowid alias"), YES))
    if key.autoincrement:
        facts.append((FactKey("primary key", parent, "", "autoincrement"), YES))
    if key.conflict:
        facts.append((FactKey("primary key", parent, "", "on conflict"), key.conflict))
    if key.name:
        facts.append((FactKey("primary key", parent, "", "name"), fold(key.name)))


def _listed(terms: tuple[Term, ...], collations: dict[str, str]) -> str:
    """Key columns; a collation is named only where it is not the column's own."""
    found = []
    for term in terms:
        text = shown(term.column)
        if term.collation and term.collation != collations.get(term.column, "binary"):
            text += f" COLLATE {shown(term.collation)}"
        found.append(text + " DESC" if term.descending else text)
    return ", ".join(found)


Properties = tuple[tuple[str, str], ...]


def _references(table: Table) -> Iterator[tuple[str, Properties]]:
    for reference in table.references:
        # Which pairs of columns there are is all that matters: their order is the writer's.
        columns = reference.columns
        order = sorted(range(len(columns)), key=columns.__getitem__)
        columns = tuple([columns[at] for at in order])
        if reference.parent_columns is None:
            places = "" if order == sorted(order) else f": {' '.join([str(at + 1) for at in order])}"
            target = shown(reference.parent) + IMPLICIT.format(places)
        else:
            # SQLite refuses to use one with more columns on one side, but it keeps it.
            named = reference.parent_columns
            if len(named) == len(columns):
                named = tuple([named[at] for at in order])
            else:
                columns = reference.columns
            target = f"{shown(reference.parent)}({', '.join(map(shown, named))})"
        properties = [
            ("references", target),
            ("on delete", reference.on_delete),
            ("on update", reference.on_update),
        ]
        if reference.deferred:
            properties.append(("deferrable", "initially deferred"))
        if reference.name:
            properties.append(("name", fold(reference.name)))
        yield f"({', '.join(map(shown, columns))})", tuple(properties)


def _uniques(table: Table, collations: dict[str, str]) -> Iterator[tuple[str, Properties]]:
    for key in table.uniques:
        properties = [("columns", _listed(key.terms, collations))]
        if key.conflict:
            properties.append(("on conflict", key.conflict))
        if key.name:
            properties.append(("name", fold(key.name)))
        yield f"({', '.join([shown(term.column) for term in key.terms])})", tuple(properties)


def _checks(table: Table, columns: frozenset[str]) -> Iterator[tuple[str, Properties]]:
    for name, expression in table.checks:
        text = settle(expression, columns)
        if name:
            # The name is in the engine's error message, so its spelling is visible.
            yield fold(name), (("expression", text), ("name", name))
        else:
            yield text, (("expression", text),)


def _add(
    facts: list[Fact], kind: str, parent: str, found: Iterator[tuple[str, Properties]], once: bool = False
) -> None:
    """Add constraints; equal names are numbered in the order of their properties, not of writing."""
    groups: dict[str, list[Properties]] = {}
    for name, properties in found:
        groups.setdefault(name, []).append(properties)
    for name, members in groups.items():
        if len(members) > 1:
            members = sorted(set(members) if once else members)
        for number, properties in enumerate(members, 1):
            numbered = name if number == 1 else f"{name} {number}"
            facts.append((FactKey(kind, parent, numbered, EXISTS), YES))
            facts.extend([(FactKey(kind, parent, numbered, prop), value) for prop, value in properties])
