"""One schema written in many ways has one set of facts; another schema has another."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.core.facts import FactKey
from landed.engines.sqlite.catalog.facts import SchemaRow, snapshot
from landed.engines.sqlite.sql.tokens import KEYWORDS, tokenize

TYPES = ("INTEGER", "TEXT", "VARCHAR(20)", "REAL", "BLOB", "")
CHECKS = (
    "{0} > 0",
    "{0} IN ('a', 'B')",
    "length({0}) BETWEEN 1 AND 10",
    "{0} <> 1 AND {0} <> 2 AND {0} <> 3",
    "NOT {0} = 5",
)
DEFAULTS = ("", "1", "'Text'", "CURRENT_TIMESTAMP", "(1 + 2)", "-7")
ACTIONS = ("", "CASCADE", "SET NULL", "RESTRICT")


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    required: bool
    default: str
    unique: bool
    check: str
    parent: str
    action: str


@dataclass(frozen=True)
class Schema:
    columns: tuple[Column, ...]
    key: int | None
    indexed: str


columns = st.builds(
    Column,
    name=st.sampled_from(["a", "b", "userId", "Order", "x y", "é"]),
    type=st.sampled_from(TYPES),
    required=st.booleans(),
    default=st.sampled_from(DEFAULTS),
    unique=st.booleans(),
    check=st.sampled_from(("", *CHECKS)),
    parent=st.sampled_from(("", "p", "q")),
    action=st.sampled_from(ACTIONS),
)
schemas = st.builds(
    Schema,
    columns=st.lists(columns, min_size=1, max_size=5, unique_by=lambda c: c.name).map(tuple),
    key=st.none() | st.just(0),
    indexed=st.sampled_from(["", "{0} IS NOT NULL", "{0} > 1"]),
)


class Writer:
    """Writes a schema, every free choice made by a source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def pick(self, *options: str) -> str:
        return self.chance.choice(options)

    def name(self, name: str) -> str:
        forms = [f'"{name}"', f"`{name}`", f"[{name}]"]
        if name.isidentifier() and name.upper() not in KEYWORDS:
            forms.append(name)
        return self.pick(*forms)

    def wrapped(self, expression: str) -> str:
        return self.pick(expression, expression, f"({expression})", f"(({expression}))")

    def schema(self, schema: Schema) -> list[str]:
        items, later = [], []
        for place, column in enumerate(schema.columns):
            name = self.name(column.name)
            parts = []
            if place == schema.key:
                self._either(parts, later, "PRIMARY KEY", f"PRIMARY KEY ({name})")
            if column.required:
                parts.append("NOT NULL")
            if column.default:
                default = column.default
                parts.append(f"DEFAULT {default if self.chance.random() < 0.5 else f'({default})'}")
            if column.unique:
                self._either(parts, later, "UNIQUE", f"UNIQUE ({name})")
            if column.check:
                check = f"CHECK ({self.wrapped(column.check.format(self.wrapped(name)))})"
                self._either(parts, later, check, check)
            if column.parent:
                target = f"REFERENCES {self.name(column.parent)}{self.pick('', ' (id)')}"
                if column.action:
                    target += f" ON DELETE {column.action}"
                target += self.pick("", " ON UPDATE NO ACTION", " NOT DEFERRABLE", " MATCH FULL")
                self._either(parts, later, target, f"FOREIGN KEY ({name}) {target}")
            self.chance.shuffle(parts)
            items.append(" ".join([name, column.type, *parts]))
        self.chance.shuffle(later)
        first = schema.columns[0].name
        where = (
            f" WHERE {self.wrapped(schema.indexed.format(self.wrapped(self.name_in_index(first))))}"
            if schema.indexed
            else ""
        )
        statements = [
            f"CREATE TABLE {self.name('t')} ({', '.join(items + later)})",
            f"CREATE INDEX {self.name('i')} ON {self.name('t')} ({self.name(first)}){where}",
        ]
        return [self.noise(statement) for statement in statements]

    def name_in_index(self, name: str) -> str:
        # In an index's WHERE a double-quoted name may be a string: its letter case is kept on purpose.
        return self.pick(f"`{name}`", f"[{name}]")

    def _either(self, inline: list[str], later: list[str], here: str, there: str) -> None:
        if self.chance.random() < 0.5:
            inline.append(here)
        else:
            later.append(there)

    def noise(self, sql: str) -> str:
        text = ""
        for token in tokenize(sql):
            if token.kind == "space":
                text += self.pick(" ", "\n", "\t ", " /* ; ' */ ", " -- it's\n")
            elif token.kind == "word" and token.text.upper() in KEYWORDS:
                text += self.pick(token.text.upper(), token.text.lower(), token.text.title())
            else:
                text += token.text
        return text


def facts(statements: list[str]) -> dict[FactKey, str] | None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id TEXT PRIMARY KEY)")
    try:
        for statement in statements:
            connection.execute(statement)
    except apsw.SQLError:
        return None
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return snapshot([SchemaRow(*row) for row in found], None)


@settings(max_examples=300)
@given(schemas, st.integers(0, 2**32), st.integers(0, 2**32))
def test_two_writings_of_one_schema_have_the_same_facts(schema: Schema, one: int, other: int) -> None:
    first = facts(Writer(random.Random(one)).schema(schema))
    second = facts(Writer(random.Random(other)).schema(schema))
    assert first is not None
    assert first == second


PROPERTIES = {
    "type": {"type", "rowid alias", "columns"},
    "required": {"not null"},
    "default": {"default"},
    "unique": {"exists", "columns"},
    "check": {"exists", "expression"},
    "action": {"on delete"},
}


@settings(max_examples=300)
@given(schemas, st.data(), st.integers(0, 2**32))
def test_one_change_is_seen_as_that_change_and_nothing_else(
    schema: Schema, data: st.DataObject, seed: int
) -> None:
    place = data.draw(st.integers(0, len(schema.columns) - 1))
    column = schema.columns[place]
    what = data.draw(st.sampled_from(sorted(PROPERTIES)))
    options: dict[str, tuple[object, ...]] = {
        "type": TYPES,
        "required": (True, False),
        "default": DEFAULTS,
        "unique": (True, False),
        "check": ("", *CHECKS),
        "action": ACTIONS,
    }
    value = data.draw(st.sampled_from([v for v in options[what] if v != getattr(column, what)]))
    if what == "action" and not column.parent:
        column = replace(column, parent="p")
        schema = replace(schema, columns=(*schema.columns[:place], column, *schema.columns[place + 1 :]))
    changed = replace(column, **{what: value})  # type: ignore[arg-type]
    after = replace(schema, columns=(*schema.columns[:place], changed, *schema.columns[place + 1 :]))
    first = facts(Writer(random.Random(seed)).schema(schema))
    second = facts(Writer(random.Random(seed + 1)).schema(after))
    assert first is not None
    assert second is not None
    differing = {key for key in first.keys() | second.keys() if first.get(key) != second.get(key)}
    assert differing
    assert {key.prop for key in differing} <= PROPERTIES[what]
