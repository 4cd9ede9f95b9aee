"""What a statement outside of transactions works on: how its success is proven, and what failure leaves.

One class per kind of statement; each looks at the database before, and again afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from landed.sql.postgres_tokens import scan, string_value
from landed.targets.pg_indexes import Index, identifier, indexes_of, invalid_indexes

if TYPE_CHECKING:
    from psycopg import Connection

_CATALOGS = {
    "DATABASE": ("pg_database", "datname"),
    "TABLESPACE": ("pg_tablespace", "spcname"),
    "SUBSCRIPTION": ("pg_subscription", "subname"),
}

Words = list[tuple[str, str]]
"""Tokens without space and comments: kind, and text (bare words as written)."""


class Subject:
    """A statement of which nothing can be proven but that the server said it was done."""

    def __init__(self, sql: str, words: Words) -> None:
        self.sql = sql
        self.words = words
        self.heard: list[str] = []
        """The warnings of the server while it ran."""

    @property
    def waits_on(self) -> str | None:
        """The table whose writers, with all old snapshots, it waits for in the middle of its work, when there
        is something half done already."""
        return None

    def look(self, connection: Connection[Any]) -> None:
        """Remember how things are before the first try."""

    def obstacles(self) -> list[Index]:
        """INVALID indexes that an earlier failure left and that have to go before the statement can do what
        it says."""
        return []

    def notes(self) -> list[str]:
        """What is worth knowing though nothing depends on it; asked after the proof."""
        return []

    def tidy(self, connection: Connection[Any]) -> None:
        """Take away what a failed try of this very run has left."""

    def command(self) -> str:
        """The statement to send now."""
        return self.sql

    def unproven(self, connection: Connection[Any]) -> str | None:
        """Why the statement has not done what it says; ``None`` when it has."""
        return None

    def proof(self) -> str:
        """What was proven; asked after :meth:`unproven` gave ``None``."""
        return "the server says that it was done; it leaves nothing in the catalogs to look at"

    def broken(self, connection: Connection[Any]) -> list[Index]:
        """The INVALID indexes that the tries of this run have left."""
        return []

    def left(self, connection: Connection[Any]) -> tuple[list[str], list[str]]:
        """What a failure left: sentences, and what the user can do about it."""
        broken = self.broken(connection)
        left = [f"the INVALID index {index.shown} was left behind: {index.harm}" for index in broken]
        return left, [f"to remove it by hand: {index.drop}" for index in broken]


class _CreateIndex(Subject):
    """CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] [name] ON [ONLY] table …"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        upper = [text.upper() for _, text in words]
        at = upper.index("CONCURRENTLY") + 1
        if upper[at : at + 3] == ["IF", "NOT", "EXISTS"]:
            at += 3
        self.name = None if upper[at] == "ON" and words[at][0] == "word" else identifier(words[at][1])
        at += 1 if self.name is None else 2
        self.table, _ = name_at(words, at + 1 if upper[at] == "ONLY" else at)
        self.before: dict[int, Index] = {}
        self.index: Index | None = None

    def look(self, connection: Connection[Any]) -> None:
        self.before = {index.oid: index for index in indexes_of(connection, self.table, self.name)}

    def obstacles(self) -> list[Index]:
        return [index for index in self.before.values() if index.name == self.name and not index.whole]

    def tidy(self, connection: Connection[Any]) -> None:
        for index in self.broken(connection):
            connection.execute(index.drop, prepare=False)

    def unproven(self, connection: Connection[Any]) -> str | None:
        made = self._made(connection)
        if self.name is None:
            found = made[-1] if made else None
        else:
            every = indexes_of(connection, self.table, self.name)
            found = next((index for index in every if index.name == self.name), None)
        if found is None:
            return f"there is no such index on {self.table}"
        self.index = found
        if not found.whole:
            return f"the index {found.shown} is INVALID: {found.harm}"
        own = _value(connection, "SELECT pg_catalog.to_regclass(%s)::oid::int8", self.table)
        if found.table_oid != own:
            return f"an index {found.shown} was there already, on another table: {found.table}"
        return None

    def proof(self) -> str:
        assert self.index is not None
        earlier = " (it was there already)" if self.index.oid in self.before else ""
        return f"the index {self.index.shown} is valid and ready{earlier}"

    def notes(self) -> list[str]:
        made = self.index
        if made is None:
            return []
        same = _body(made)
        return [
            f"an INVALID index of the same definition was left by an earlier failure: {index.drop}"
            for index in self.before.values()
            if not index.whole and index.name != made.name and _body(index) == same
        ]

    @property
    def waits_on(self) -> str | None:
        return self.table

    def broken(self, connection: Connection[Any]) -> list[Index]:
        return [i for i in self._made(connection) if not i.whole and i.builder is None]

    def _made(self, connection: Connection[Any]) -> list[Index]:
        every = indexes_of(connection, self.table, self.name)
        made = [index for index in every if index.oid not in self.before]
        return made if self.name is None else [index for index in made if index.name == self.name]


class _DropIndex(Subject):
    """DROP INDEX CONCURRENTLY [IF EXISTS] name"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        upper = [text.upper() for _, text in words]
        self.name, _ = name_at(words, 5 if upper[3:5] == ["IF", "EXISTS"] else 3)
        self.resolved: str | None = None

    def look(self, connection: Connection[Any]) -> None:
        row = connection.execute(
            "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)"
            " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.oid = pg_catalog.to_regclass(%s)",
            (self.name,),
            prepare=False,
        ).fetchone()
        self.resolved = row[0] if row else None

    def unproven(self, connection: Connection[Any]) -> str | None:
        there = self.resolved and _value(connection, "SELECT pg_catalog.to_regclass(%s)::text", self.resolved)
        return f"the index {self.resolved} is still there" if there else None

    def proof(self) -> str:
        return f"the index {self.resolved or self.name} is not there"

    def left(self, connection: Connection[Any]) -> tuple[list[str], list[str]]:
        if not self.resolved:
            return [], []
        valid = _value(
            connection,
            "SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass(%s)",
            self.resolved,
        )
        if valid is not False:
            return [], []
        return [f"the index {self.resolved} is still there, and INVALID by now: no query uses it"], []


class _Reindex(Subject):
    """REINDEX … CONCURRENTLY, which leaves ``…_ccnew`` or ``…_ccold`` when it fails"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        self.before: dict[int, Index] = {}

    def look(self, connection: Connection[Any]) -> None:
        self.before = {index.oid: index for index in invalid_indexes(connection)}

    def tidy(self, connection: Connection[Any]) -> None:
        for index in self.broken(connection):
            connection.execute(index.drop, prepare=False)

    def unproven(self, connection: Connection[Any]) -> str | None:
        made = self.broken(connection)
        return f"it left the INVALID index {made[0].shown}: {made[0].harm}" if made else None

    def proof(self) -> str:
        return "it left no INVALID index"

    def notes(self) -> list[str]:
        return [
            f"a REINDEX CONCURRENTLY that failed earlier left the INVALID index {index.shown}: {index.drop}"
            for index in self.before.values()
            if index.leftover_of and index.builder is None
        ]

    def broken(self, connection: Connection[Any]) -> list[Index]:
        every = invalid_indexes(connection)
        return [i for i in every if i.oid not in self.before and i.leftover_of and i.builder is None]


class _Detach(Subject):
    """ALTER TABLE parent DETACH PARTITION child CONCURRENTLY: two transactions, of which the first may stay
    alone (the detach is then pending)"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        upper = [text.upper() for _, text in words]
        at = 4 if upper[2:4] == ["IF", "EXISTS"] else 2
        self.parent, _ = name_at(words, at + 1 if upper[at] == "ONLY" else at)
        self.child, _ = name_at(words, upper.index("PARTITION") + 1)
        self.pending: bool | None = None

    def look(self, connection: Connection[Any]) -> None:
        row = connection.execute(
            "SELECT inhdetachpending FROM pg_catalog.pg_inherits"
            " WHERE inhparent = pg_catalog.to_regclass(%s) AND inhrelid = pg_catalog.to_regclass(%s)",
            (self.parent, self.child),
            prepare=False,
        ).fetchone()
        self.pending = row[0] if row else None

    def tidy(self, connection: Connection[Any]) -> None:
        self.look(connection)

    def command(self) -> str:
        """A detach that is pending can only be finished, which is what the file asks for."""
        if self.pending:
            return f"ALTER TABLE {self.parent} DETACH PARTITION {self.child} FINALIZE"
        return self.sql

    def unproven(self, connection: Connection[Any]) -> str | None:
        self.look(connection)
        if self.pending is None:
            return None
        state = "its detach is pending" if self.pending else "it is still attached"
        return f"{self.child} is no table of its own: {state}"

    def proof(self) -> str:
        return f"{self.child} is no partition of {self.parent}"

    def left(self, connection: Connection[Any]) -> tuple[list[str], list[str]]:
        self.look(connection)
        if not self.pending:
            return [], []
        return (
            [f"the detach of {self.child} is pending: queries on {self.parent} no longer see its rows"],
            [f"finish it by hand: ALTER TABLE {self.parent} DETACH PARTITION {self.child} FINALIZE"],
        )


class _Presence(Subject):
    """CREATE and DROP of databases, tablespaces and subscriptions"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        upper = [text.upper() for _, text in words]
        self.kind = upper[1]
        self.wanted = upper[0] == "CREATE"
        self.name = identifier(words[4 if upper[2:4] == ["IF", "EXISTS"] else 2][1])

    def unproven(self, connection: Connection[Any]) -> str | None:
        catalog, column = _CATALOGS[self.kind]
        there = _value(connection, f"SELECT true FROM pg_catalog.{catalog} WHERE {column} = %s", self.name)
        return None if bool(there) == self.wanted else f"{self._what()} is {'' if there else 'not '}there"

    def proof(self) -> str:
        return f"{self._what()} is {'' if self.wanted else 'not '}there"

    def _what(self) -> str:
        return f"the {self.kind.lower()} {self.name}"


class _AddValue(Subject):
    """ALTER TYPE … ADD VALUE, committed early because a later statement uses the value"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        self.type, at = name_at(words, 2)
        self.value = next(string_value(text) for kind, text in words[at:] if kind == "string")

    def unproven(self, connection: Connection[Any]) -> str | None:
        there = connection.execute(
            "SELECT true FROM pg_catalog.pg_enum"
            " WHERE enumtypid = pg_catalog.to_regtype(%s) AND enumlabel = %s",
            (self.type, self.value),
            prepare=False,
        ).fetchone()
        return None if there else f"{self.type} has no value '{self.value}'"

    def proof(self) -> str:
        return f"{self.type} has the value '{self.value}'"


class _Maintenance(Subject):
    """VACUUM and CLUSTER: tables that the role may not touch are skipped with no more than a warning"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        options = {"FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"}
        rest = list(words[1:])
        if rest and rest[0][1] == "(":
            rest = rest[[text for _, text in rest].index(")") + 1 :]
        self.named = any(kind == "quoted" or text.upper() not in options for kind, text in rest)
        self.skips = any(text.upper() == "SKIP_LOCKED" for _, text in words)

    def unproven(self, connection: Connection[Any]) -> str | None:
        if self.named and not self.skips:
            return next((warning for warning in self.heard if "skipping" in warning), None)
        return None

    def notes(self) -> list[str]:
        return self.heard[:5]


class _AlterSystem(Subject):
    """ALTER SYSTEM SET name … and RESET name, which write a file that only superusers can read back"""

    def __init__(self, sql: str, words: Words) -> None:
        super().__init__(sql, words)
        self.is_set = words[2][1].upper() == "SET"
        self.name, _ = name_at(words, 3)
        self.effect = ""
        self.seen = False

    def unproven(self, connection: Connection[Any]) -> str | None:
        import psycopg.errors as e

        name = self.name.strip('"').lower()
        self.effect = str(
            _value(connection, "SELECT context FROM pg_catalog.pg_settings WHERE name = %s", name)
        )
        try:
            there = _value(
                connection,
                "SELECT true FROM pg_catalog.pg_file_settings WHERE lower(name) = %s"
                " AND sourcefile LIKE '%%postgresql.auto.conf'",
                name,
            )
        except e.InsufficientPrivilege:
            return None
        self.seen = True
        if name == "all" or bool(there) == self.is_set:
            return None
        return f"{name} is {'' if there else 'not '}in postgresql.auto.conf"

    def proof(self) -> str:
        if not self.seen:
            return super().proof()
        return f"postgresql.auto.conf {'sets' if self.is_set else 'does not set'} {self.name}"

    def notes(self) -> list[str]:
        if self.effect == "postmaster":
            return [f"{self.name} takes effect when the server is restarted"]
        return [f"{self.name} takes effect after SELECT pg_reload_conf()"]


def subject_of(sql: str) -> Subject:
    """What a statement works on; raises nothing: what is not understood is only run."""
    words = [(kind, text) for kind, text, _ in scan(sql) if kind not in ("space", "comment")]
    kind = _kind([text.upper() for _, text in words[:40]])
    with suppress(LookupError, StopIteration, ValueError):
        return kind(sql, words)
    return Subject(sql, words)


def _kind(upper: Sequence[str]) -> type[Subject]:
    first, second = ([*upper[:2], "", ""])[:2]
    if first in ("CREATE", "DROP"):
        if "INDEX" in upper[1:3]:
            return _CreateIndex if first == "CREATE" else _DropIndex
        if second in ("DATABASE", "TABLESPACE", "SUBSCRIPTION"):
            return _Presence
    elif first == "REINDEX" and "CONCURRENTLY" in upper:
        return _Reindex
    elif first in ("VACUUM", "CLUSTER"):
        return _Maintenance
    elif first == "ALTER":
        if second == "SYSTEM":
            return _AlterSystem
        if second == "TABLE" and "DETACH" in upper:
            return _Detach
        if second == "TYPE" and "VALUE" in upper:
            return _AddValue
    return Subject


def name_at(words: Words, at: int) -> tuple[str, int]:
    """A possibly qualified name as written, without space, and the index of the token after it."""
    if words[at][0] not in ("word", "quoted"):
        raise ValueError("no name")
    name = words[at][1]
    at += 1
    while at + 1 < len(words) and words[at][1] == ".":
        name += f".{words[at + 1][1]}"
        at += 2
    return name, at


def _body(index: Index) -> str:
    """An index's definition without its name."""
    return index.definition.partition(" ON ")[2]


def _value(connection: Connection[Any], query: str, value: str) -> Any:
    row = connection.execute(query, (value,), prepare=False).fetchone()
    return row[0] if row else None
