"""What can be required of a schema, as one reads it: ``public.orders.region``, ``index public.idx``, …"""

from __future__ import annotations

import re
from typing import NamedTuple

from landed.core.errors import UsageError

RELATION = "table or view"
ENUM_VALUE = "enum value"
RLS = "row level security"

KINDS = (
    *("schema", "table", "view", "materialized view", "column", "index", "sequence", "type"),
    *("function", "procedure", "policy", "trigger", "constraint", "extension", "rls", RLS),
)
"""Words that may stand before a name; a bare name is a table, view, column, function or an enum's value."""

_ON = frozenset({"policy", "trigger", "constraint"})
_PARTS = {"schema": 1, "extension": 1, "column": 3, "policy": 1, "trigger": 1, "constraint": 1}
_TOKEN = re.compile(
    r"""\s*+(?:(?P<quoted>"(?:[^"]|"")+")|(?P<string>'(?:[^']|'')*')|(?P<word>[^\W\d][\w$]*+)"""
    r"""|(?P<number>\d++)|(?P<mark>[.,()=\[\]]))""",
)
_EXAMPLES = 'public.orders, public.orders.region, public.f(integer), policy "own rows" on public.orders'
_LONGEST = 63
"""Bytes of a name that PostgreSQL keeps."""


class FeatureSyntaxError(UsageError, ValueError):
    """A text that names nothing that could be required."""


class Name(NamedTuple):
    """One identifier: as the database files it (lower case unless quoted), and as it was written."""

    filed: str
    written: str


class Feature(NamedTuple):
    """One required thing.

    ``kind`` is one of :data:`KINDS`, ``""`` for a bare name, ``enum value`` for ``mood = 'happy'``. ``on`` is
    the table of a policy, trigger or constraint. ``arguments`` are a function's argument types as one spells
    them (``None``: any). ``value`` is the enum's.
    """

    text: str
    kind: str
    name: tuple[Name, ...]
    on: tuple[Name, ...] = ()
    arguments: tuple[str, ...] | None = None
    value: str | None = None

    @property
    def shown(self) -> str:
        """The name with its dots, for messages."""
        return dotted(self.name)


def dotted(name: tuple[Name, ...]) -> str:
    """A name with its dots, as it is filed."""
    return ".".join(part.filed for part in name)


class _Token(NamedTuple):
    kind: str
    text: str


def parse(text: str) -> Feature:
    """Read one feature. Raises FeatureSyntaxError (a UsageError and a ValueError)."""
    if not isinstance(text, str):
        raise FeatureSyntaxError(f"a feature is a text, not {type(text).__name__}", next=_EXAMPLES)
    reader = _Reader(text)
    kind = reader.kind()
    name = reader.name()
    on: tuple[Name, ...] = ()
    arguments: tuple[str, ...] | None = None
    value: str | None = None
    if kind in _ON:
        if not reader.take_word("on"):
            raise reader.wrong(f'a {kind} is required as: {kind} NAME on TABLE (there is no "on")')
        on = reader.name()
    elif reader.take("("):
        arguments = reader.arguments()
        kind = kind or "function"
        if kind not in ("function", "procedure"):
            raise reader.wrong(f"a {kind} has no arguments")
    elif reader.take("="):
        if kind not in ("", "type"):
            raise reader.wrong(f"a {kind} has no values")
        kind, value = ENUM_VALUE, reader.string()
    reader.end()
    most = _PARTS.get(kind, 3 if not kind else 2)
    if len(name) > most or len(on) > 2 or (kind == "column" and len(name) < 2):
        shape = {"": "schema.table.column", "column": "table.column or schema.table.column"}
        wanted = shape.get(kind, "schema.name" if most == 2 else "one name")
        raise reader.wrong(f"too {'few' if kind == 'column' and len(name) < 2 else 'many'} parts: {wanted}")
    return Feature(text.strip(), kind, name, on, arguments, value)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[_Token] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None or "\0" in found[0]:
                raise self.wrong(f"{text[at:].strip()[:1]!r} is not understood")
            self._tokens.append(_Token(str(found.lastgroup), found[found.lastgroup or 0]))
            at = found.end()
        self._at = 0

    def wrong(self, why: str) -> FeatureSyntaxError:
        return FeatureSyntaxError(
            f"{self._text.strip()!r} cannot be required: {why}",
            details=(f"kinds: {', '.join(KINDS)}",),
            next=f"write it like one of these: {_EXAMPLES}",
        )

    def _ahead(self, by: int = 0) -> _Token:
        at = self._at + by
        return self._tokens[at] if at < len(self._tokens) else _Token("end", "")

    def kind(self) -> str:
        """The kind that stands before the name; a kind's word alone, or before a dot, is a name itself."""
        words = []
        for by in range(3):
            token = self._ahead(by)
            if token.kind != "word":
                break
            words.append(token.text.lower())
        for length in (3, 2, 1):
            phrase = " ".join(words[:length])
            following = self._ahead(length)
            if len(words) >= length and phrase in KINDS and following.kind in ("word", "quoted"):
                self._at += length
                return RLS if phrase == "rls" else phrase
        return ""

    def name(self) -> tuple[Name, ...]:
        parts = [self._part()]
        while self.take("."):
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> Name:
        token = self._ahead()
        if token.kind == "word":
            self._at += 1
            return Name(_cut(_folded(token.text)), token.text)
        if token.kind == "quoted":
            self._at += 1
            exact = token.text[1:-1].replace('""', '"')
            return Name(_cut(exact), exact)
        raise self.wrong(f"a name is expected{f', not {token.text}' if token.text else ' at the end'}")

    def arguments(self) -> tuple[str, ...]:
        """Types up to the closing parenthesis, without modifiers: a function does not tell ``numeric(10, 2)``
        from ``numeric``."""
        if self.take(")"):
            return ()
        found: list[str] = []
        words: list[str] = []
        while True:
            token = self._ahead()
            self._at += 1
            if token.kind == "end":
                raise self.wrong("a closing parenthesis is missing")
            if token.text == "(":
                while self._ahead().text != ")" and self._ahead().kind != "end":
                    self._at += 1
                self._at += 1
            elif token.text in (",", ")") and token.kind == "mark":
                if not words:
                    raise self.wrong("the type of an argument is missing")
                found.append(canonical_type(words))
                words = []
                if token.text == ")":
                    return tuple(found)
            elif token.kind in ("word", "quoted", "number") or token.text in (".", "[", "]"):
                words.append(_folded(token.text) if token.kind == "word" else token.text)
            else:
                raise self.wrong(f"{token.text} in the types of the arguments is not understood")

    def string(self) -> str:
        token = self._ahead()
        self._at += 1
        if token.kind != "string":
            raise self.wrong("the value of an enum stands in single quotes: mood = 'happy'")
        return token.text[1:-1].replace("''", "'")

    def take(self, mark: str) -> bool:
        if self._ahead() == ("mark", mark):
            self._at += 1
            return True
        return False

    def take_word(self, word: str) -> bool:
        token = self._ahead()
        if token.kind == "word" and token.text.lower() == word:
            self._at += 1
            return True
        return False

    def end(self) -> None:
        token = self._ahead()
        if token.kind != "end":
            raise self.wrong(f"{token.text} after the name is not understood")


def _folded(text: str) -> str:
    """As PostgreSQL folds what is not quoted: ASCII letters only."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def _cut(name: str) -> str:
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= _LONGEST else data[:_LONGEST].decode("utf-8", "ignore")


_ALIASES = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
    "float4": "real", "float8": "double precision", "float": "double precision",
    "varchar": "character varying", "char": "character", "bpchar": "character", "decimal": "numeric",
    "dec": "numeric",
    "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone",
    "timetz": "time with time zone", "time": "time without time zone", "varbit": "bit varying",
    "char varying": "character varying",
}  # fmt: skip


def canonical_type(words: list[str]) -> str:
    """A type as the server writes it: ``int4[]`` is ``integer[]``; quotes and pg_catalog are left out."""
    text = ""
    for word in words:
        glued = word in (".", "[", "]") or word.isdigit() or text.endswith((".", "["))
        text += word if glued or not text else f" {word}"
    base, _, dimensions = text.partition("[")
    base = base.replace('"', "").removeprefix("pg_catalog.")
    return _ALIASES.get(base, base) + ("[]" if dimensions else "")
