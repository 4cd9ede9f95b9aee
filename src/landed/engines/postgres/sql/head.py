"""A PostgreSQL statement's head: what kind of statement it is, read once and without a native library.

It answers what has to be known of every statement: how it stands to transactions, roles and rows. What a
statement says in full is in its parse tree (:mod:`landed.engines.postgres.sql.tree`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from landed.engines.postgres.sql import leading
from landed.engines.postgres.sql.inside import calls, names
from landed.engines.postgres.sql.tokens import scan, words

if TYPE_CHECKING:
    from landed.core.migration import Statement
    from landed.engines.postgres.sql.tree import Tree

LEADING = 40
"""So many tokens are the head."""

_MODIFIERS = frozenset(
    ("OR", "REPLACE", "GLOBAL", "LOCAL", "UNLOGGED", "TEMP", "TEMPORARY", "UNIQUE", "RECURSIVE")
)


@dataclass(frozen=True)
class Head:
    """What one statement is, besides its effects on the schema.

    ``words`` are its first tokens, without space and comments, bare words in upper case. ``alone`` says why
    it cannot run in a transaction block, or is ``""``. ``transaction`` is ``begin``, ``commit``,
    ``rollback``, ``savepoint`` (also RELEASE and ROLLBACK TO), ``prepare`` or ``""``. ``switches_role`` is
    SET ROLE, SET SESSION AUTHORIZATION and their RESET. ``cluster_wide`` changes what all databases of a
    server share: roles, their memberships, databases, tablespaces. ``writes_rows`` is a statement that by
    itself writes rows. ``sets_session`` only changes a setting or the role until the session ends: SET,
    RESET, and ``SELECT set_config(…)`` as dumps have it.
    """

    text: str = field(repr=False)
    words: tuple[str, ...]
    alone: str
    transaction: str
    switches_role: bool
    cluster_wide: bool
    writes_rows: bool
    sets_session: bool

    def begins(self, *said: str) -> bool:
        """Whether the statement begins with these words."""
        return self.words[: len(said)] == said

    @property
    def verb(self) -> str:
        """Its first word, or ``""``."""
        return self.words[0] if self.words else ""

    @property
    def shown(self) -> str:
        """Its first two words."""
        return " ".join(self.words[:2])

    @property
    def what(self) -> str:
        """What a CREATE makes: ``TABLE``, ``INDEX``, ``MATERIALIZED``, …; ``""`` where nothing follows."""
        return next((word for word in self.words[1:6] if word not in _MODIFIERS), "")

    @property
    def dynamic(self) -> bool:
        """Whether it is a DO block, a CALL or a SELECT: what it does is not in its text."""
        return self.verb in ("DO", "CALL", "SELECT")

    @property
    def temporary(self) -> bool:
        """Whether it makes something that ends with the session."""
        before = takewhile(_MODIFIERS.__contains__, self.words[1:6])
        return not {"TEMP", "TEMPORARY"}.isdisjoint(before)

    @property
    def concurrent(self) -> bool:
        """Whether an index is made, rebuilt or dropped CONCURRENTLY."""
        return "CONCURRENTLY" in self.words[:5]

    @property
    def sets_transaction(self) -> bool:
        """Whether it is SET TRANSACTION."""
        return self.begins("SET", "TRANSACTION") or self.begins("SET", "LOCAL", "TRANSACTION")

    @property
    def to_client(self) -> str:
        """``STDIN`` or ``STDOUT`` where a COPY exchanges rows with the client, or ``""``."""
        if self.verb != "COPY":
            return ""
        client = ("STDIN", "STDOUT")
        pairs = pairwise(leading.outside(self.text))
        way = next((way for way, end in pairs if way in ("FROM", "TO") and end in client), "")
        return {"FROM": "STDIN", "TO": "STDOUT"}.get(way, "")

    @cached_property
    def names(self) -> frozenset[str]:
        """Its names and key words as the catalogs spell them; not those in literals and bodies."""
        found = set()
        for kind, text, _ in scan(self.text):
            if kind == "word":
                found.add(text.lower())
            elif kind == "quoted":
                found.add(text[1:-1].replace('""', '"'))
        return frozenset(found)

    @cached_property
    def names_in_bodies(self) -> frozenset[str]:
        """:attr:`names`, and those in the bodies that are in it."""
        return frozenset(names(self.text))

    @cached_property
    def names_anywhere(self) -> frozenset[str]:
        """:attr:`names`, and those in its bodies and literals."""
        return frozenset(names(self.text, strings=True))

    @cached_property
    def calls(self) -> bool:
        """Whether it runs functions or procedures, which may do anything: also what no replay shows,
        because it depends on what is in the database (``SELECT drop_old_partitions()``)."""
        return calls(self.verb, self.text)

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """Its literals and bodies, as written."""
        return tuple(text for kind, text, _ in scan(self.text) if kind in ("string", "dollar"))

    @cached_property
    def tree(self) -> Tree | None:
        """Its parse tree, or ``None`` where it has none. Loads the native library."""
        from landed.engines.postgres.sql.tree import read_tree

        return read_tree(self.text)

    @cached_property
    def bare(self) -> tuple[str, ...]:
        """All bare words of the statement, in upper case and in order; not those in literals and bodies."""
        return tuple(text.upper() for kind, text, _ in scan(self.text) if kind == "word")


def read_head(sql: str) -> Head:
    """The head of one statement; raises nothing, whatever the text."""
    said = words(sql, LEADING)
    return Head(
        text=sql,
        words=tuple(said),
        alone=leading.alone(said),
        transaction=leading.transaction(said),
        switches_role=leading.switches_role(said),
        cluster_wide=leading.cluster_wide(said),
        writes_rows=leading.writes_rows(said, sql),
        sets_session=leading.sets_session(said),
    )


def plain_form(head: Head) -> Head | None:
    """A statement without its CONCURRENTLY, which does the same in a transaction; ``None`` for others."""
    places = [at for kind, text, at in scan(head.text) if kind == "word" and text.upper() == "CONCURRENTLY"]
    if not places:
        return None
    at = places[0]
    return read_head(head.text[:at] + head.text[at + len("CONCURRENTLY") :])


def head_of(statement: Statement) -> Head:
    """The head of a statement of a PostgreSQL file."""
    found = statement.head
    assert isinstance(found, Head)
    return found
