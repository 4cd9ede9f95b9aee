"""SQLite's way to another form of a table: a new one, the rows copied, the old one dropped, a rename.

Foreign keys stay on: DROP TABLE then deletes rows of others ON DELETE CASCADE, so these tables are made anew
as well, referring to the new one from the start (https://sqlite.org/lang_altertable.html#otheralter and
https://sqlite.org/foreignkeys.html#fk_schemacommands; every action and depth is measured on D1 by the tests).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from landed.core.facts import YES, FactKey
from landed.engines.sqlite.remedies.schema import Schema, free_name
from landed.engines.sqlite.rowguard import Reference, references
from landed.engines.sqlite.sql.table_text import TableText
from landed.engines.sqlite.sql.tokens import fold, quote

_ROWID = ("rowid", "_rowid_", "oid")


def rebuild(
    source: Schema, forms: Mapping[str, TableText], *others: Schema, renamed: Mapping[tuple[str, str], str]
) -> tuple[list[str], list[str]]:
    """The statements that give tables their new ``forms``, and which tables these make anew.

    ``renamed`` says of columns ``(table, new name)`` under which name their values are now. Indexes, triggers
    and views are not made again here. All rows, rowids, and what AUTOINCREMENT has given stay.
    """
    from landed.engines.sqlite.catalog.table_facts import table_facts

    new_facts = {name: dict(table_facts(name, form.create(name))) for name, form in forms.items()}
    more = [r for facts in new_facts.values() for r in references(facts)]
    family = source.family(forms, more)
    temporary: dict[str, str] = {}
    for name in family:
        temporary[name] = free_name(source.name(name), source, *others, taken=temporary)
    made: list[str] = []
    copies: list[str] = []
    circular = _is_circular(family, [*source.references, *more])
    for name in family:
        old = source.text(name)
        assert old is not None  # a family has ordinary tables only
        form = forms.get(name, old)
        facts = new_facts.get(name, source.facts)
        made.append(form.create(temporary[name], temporary))
        # No row can go into a table that refers to one that is not there yet.
        into = copies if circular else made
        into += _copied(source, name, temporary[name], form, facts, renamed)
        if _is(facts, name, "autoincrement") and _is(source.facts, name, "autoincrement"):
            into += _position(source.name(name), temporary[name])
    dropped = [f"DROP TABLE {quote(source.name(name))}" for name in reversed(family)]
    back = [f"ALTER TABLE {quote(temporary[n])} RENAME TO {quote(source.name(n))}" for n in family]
    return [*made, *copies, *dropped, *back], family


def _is_circular(family: Sequence[str], known: Iterable[Reference]) -> bool:
    """Whether one of them refers to another that comes after it."""
    place = {name: number for number, name in enumerate(family)}
    return any(place.get(r.parent, -1) > place[r.child] for r in known if r.child in place)


def _copied(
    source: Schema,
    name: str,
    new: str,
    form: TableText,
    facts: Mapping[FactKey, str],
    renamed: Mapping[tuple[str, str], str],
) -> Iterable[str]:
    text = source.text(name)
    known = text.columns if text is not None else {}
    there = {c: i.spelt for c, i in known.items() if not _is_generated(source.facts, name, c)}
    pairs = []
    for column, item in form.columns.items():
        old = renamed.get((name, column), column)
        if old in there and not _is_generated(facts, name, column):
            pairs.append((item.spelt, there[old]))
    if not pairs:
        return
    into, out = [quote(c) for c, _ in pairs], [quote(o) for _, o in pairs]
    if (rowid := _rowid(source.facts, facts, name, {*there, *form.columns})) is not None:
        into, out = [rowid, *into], [rowid, *out]
    yield (
        f"INSERT INTO {quote(new)} ({', '.join(into)})\n"
        f"  SELECT {', '.join(out)} FROM {quote(source.name(name))}"
    )


def _rowid(
    before: Mapping[FactKey, str], after: Mapping[FactKey, str], table: str, columns: Iterable[str]
) -> str | None:
    """The name of the rowid where it is no column: whatever names a row by it still means the same one."""
    kept = ("rowid alias", "without rowid")
    if any(_is(facts, table, prop) for facts in (before, after) for prop in kept):
        return None
    return next((word for word in _ROWID if word not in set(columns)), None)


def _position(old: str, new: str) -> list[str]:
    """What AUTOINCREMENT has given before is not given again."""
    was, now = ("'" + name.replace("'", "''") + "'" for name in (old, new))
    return [
        f"DELETE FROM sqlite_sequence WHERE name = {now}",
        f"INSERT INTO sqlite_sequence (name, seq) SELECT {now}, seq FROM sqlite_sequence WHERE name = {was}",
    ]


def _is_generated(facts: Mapping[FactKey, str], table: str, column: str) -> bool:
    return FactKey("column", fold(table), column, "generated") in facts


def _is(facts: Mapping[FactKey, str], table: str, prop: str) -> bool:
    kind = "table" if prop == "without rowid" else "primary key"
    key = FactKey("table", "", table, prop) if kind == "table" else FactKey(kind, table, "", prop)
    return facts.get(key) == YES
