"""What the writers of the kinds work on: both sides of a schema, object by object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from landed.core.facts import EXISTS, YES, FactKey, Facts, ObjectKey
from landed.engines.postgres.kinds.naming import as_shown, path, schema_of

Props = Mapping[str, str]

INHERITED: Final = "from parent"
"""A property that is no fact: of what is only there because a parent has it, told for a copy."""

ENABLED: Final = {
    "yes": "ENABLE", "no": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"
}  # fmt: skip
"""What stands before TRIGGER or RULE for the values of the property ``enabled``."""


class Schema:
    """Both sides by object; read once.

    With ``makes_tables`` missing tables and types are made, too. A ``copy`` is for a database that is to be
    like another but for its rows: everything is made, a function without its library and an option that is
    secret are stood in for, and what facts keep from its parent comes from there.
    """

    def __init__(
        self, expected: Facts, live: Facts, *, makes_tables: bool = False, copy: bool = False
    ) -> None:
        self.makes_tables = makes_tables or copy
        self.copy = copy
        self.made: set[str] = set()
        self.expected = expected
        self.live = live
        self.pieces: dict[ObjectKey, Piece] = {}
        self.rights_again: set[FactKey] = set()

    @cached_property
    def wanted(self) -> dict[ObjectKey, dict[str, str]]:
        """The expected properties of every object."""
        return _by_object(self.expected)

    @cached_property
    def there(self) -> dict[ObjectKey, dict[str, str]]:
        """The present properties of every object."""
        return _by_object(self.live)

    def is_domain(self, name: str) -> bool:
        """Whether a type of this name is a domain."""
        key = FactKey("domain", "", name, EXISTS)
        return key in self.expected or key in self.live

    def gone(self, table: str) -> bool:
        """Whether a table that is expected is not there, so that nothing on it can be."""
        keys = [FactKey(kind, "", table, EXISTS) for kind in ("table", "foreign table", "composite type")]
        return (
            bool(table)
            and table not in self.made
            and any(key in self.expected and key not in self.live for key in keys)
        )

    def is_part(self, table: str) -> bool:
        """Whether a table is another's partition or child, so that some things come from there."""
        of = (FactKey("table", "", table, prop) for prop in ("partition of", "inherits"))
        return any(key in self.expected for key in of)

    def is_partitioned(self, table: str) -> bool:
        """Whether a table is to have partitions."""
        return FactKey("table", "", table, "partitioned by") in self.expected

    @cached_property
    def parts(self) -> dict[str, list[FactKey]]:
        """The expected facts by what their object is a part of, or is granted on."""
        found: dict[str, list[FactKey]] = {}
        for key in self.expected:
            if key.parent:
                found.setdefault(key.parent, []).append(key)
        return found

    @cached_property
    def of_columns(self) -> dict[str, str]:
        """The expected sequences by the column that owns them."""
        return {
            as_shown(value): key.name
            for key, value in self.expected.items()
            if key.prop == "owned by" and key.kind == "sequence"
        }


class Piece:
    """One object with what is wrong about it; writers take from ``todo`` what their ``sql`` sets right.

    ``anew`` says that the object is made again as a whole. ``later`` are statements that need more than this
    object, by what they do.
    """

    def __init__(self, obj: ObjectKey, wrong: Collection[str], schema: Schema) -> None:
        self.object = obj
        self.schema = schema
        self.todo = set(wrong)
        self.did: set[str] = set()
        self.want: Props = schema.wanted.get(obj, {})
        self.have: Props = schema.there.get(obj, {})
        self.sql: list[str] = []
        self.cautions: list[str] = []
        self.instead: list[str] = []
        self.left: set[FactKey] = set()
        self.later: list[tuple[str, str]] = []
        self.anew = False

    @property
    def name(self) -> str:
        """Its name as it stands in a statement."""
        return path(self.object.name)

    @property
    def on(self) -> str:
        """The name of what it is a part of, likewise."""
        return path(self.object.parent)

    @property
    def missing(self) -> bool:
        """It should be there and is not."""
        return EXISTS in self.todo and self.want.get(EXISTS) == YES

    @property
    def obj_gone(self) -> bool:
        """It should not be there at all."""
        return self.want.get(EXISTS) != YES and not self.want

    def takes(self, *props: str) -> bool:
        """Whether any of these is wrong; they count as dealt with from here on."""
        found = self.todo.intersection(props)
        self.todo -= found
        self.did |= found
        return bool(found)

    def takes_all(self) -> None:
        """Everything about it is dealt with, but for comment and owner."""
        self.did |= self.todo
        self.todo &= {"comment", "owner"}

    def give_up(self) -> None:
        """Too little is known of it to set anything right."""
        self.todo |= self.did
        for told in (self.did, self.sql, self.cautions, self.instead, self.later):
            told.clear()

    def alter(self, sql: str) -> None:
        """One more statement."""
        self.sql.append(sql)

    def beside(self, kind: str, parent: str, name: str) -> Piece | None:
        """Another object that something is wrong about."""
        return self.schema.pieces.get(ObjectKey(kind, parent, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """How statements bring back one kind of object.

    One that ``follows`` comes and goes with another. ``create`` makes one that is missing, and says whether
    it could; ``alter`` sets right what it can of one that is there, or was just made. One is dropped and made
    ``again`` where any of these properties is wrong, or where the function says so. ``drop`` and ``rename``
    are statements with ``{name}``, ``{on}`` (what it is a part of), ``{schema}``, ``{what}`` (``TABLE`` or
    ``DOMAIN``) and ``{to}``; without one it is left alone. ``shown`` is its name as it stands in a statement.
    """

    follows: Callable[[Piece], bool] | None = None
    create: Callable[[Piece], bool] | None = None
    alter: Callable[[Piece], None] | None = None
    again: frozenset[str] | Callable[[Piece], bool] = frozenset()
    drop: str = ""
    rename: str = ""
    shown: Callable[[str], str] = path

    def bring_back(self, piece: Piece) -> None:
        """Write down what sets this object right. Raises KeyError where too little is known of it."""
        if self.follows is not None and self.follows(piece):
            piece.takes_all()
            return
        if piece.obj_gone:
            if self.drop:
                piece.todo.clear()
                piece.alter(self.said(self.drop, piece.object, piece.schema))
            return
        if self.create is not None and (piece.missing or self._again(piece)):
            was_there, before = not piece.missing, len(piece.sql)
            if not self.create(piece):
                return
            if was_there:
                piece.sql.insert(before, self.said(self.drop, piece.object, piece.schema))
            piece.anew = True
        if self.alter is not None:
            self.alter(piece)

    def _again(self, piece: Piece) -> bool:
        if callable(self.again):
            return self.again(piece)
        return bool(piece.todo & self.again)

    def said(self, pattern: str, obj: ObjectKey, schema: Schema, to: str = "") -> str:
        """A statement about one object."""
        return pattern.format(
            name=self.shown(obj.name),
            on=path(obj.parent),
            schema=path(schema_of(obj.parent or obj.name)),
            what="DOMAIN" if schema.is_domain(obj.parent) else "TABLE",
            to=to,
        )


def _by_object(facts: Facts) -> dict[ObjectKey, dict[str, str]]:
    found: dict[ObjectKey, dict[str, str]] = {}
    for key, value in facts.items():
        found.setdefault(ObjectKey(key.kind, key.parent, key.name), {})[key.prop] = value
    return found
