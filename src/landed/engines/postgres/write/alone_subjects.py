"""Statements outside of transactions other than those on indexes: how their success is proven."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from landed.engines.postgres.connect.asking import ask_one, relation_named, type_named
from landed.engines.postgres.sql.tokens import scan, string_value
from landed.engines.postgres.write.alone_indexes import index_subject
from landed.engines.postgres.write.alone_subject import Subject, Words, name_at, one_value
from landed.engines.postgres.write.indexes import identifier

if TYPE_CHECKING:
    from psycopg import Connection

_CATALOGS = {
    "DATABASE": ("pg_database", "datname"),
    "TABLESPACE": ("pg_tablespace", "spcname"),
    "SUBSCRIPTION": ("pg_subscription", "subname"),
}


def subject_of(sql: str) -> Subject:
    """What a statement works on; raises nothing: what is not understood is only run."""
    words = [(kind, text) for kind, text, _ in scan(sql) if kind not in ("space", "comment")]
    kind = _kind([text.upper() for _, text in words[:40]])
    with suppress(LookupError, StopIteration, ValueError):
        return kind(sql, words)
    return Subject(sql, words)


def _kind(upper: Sequence[str]) -> type[Subject]:
    index = index_subject(upper)
    if index is not None:
        return index
    first, second = ([*upper[:2], "", ""])[:2]
    if first in ("CREATE", "DROP") and second in _CATALOGS:
        return _Presence
    if first in ("VACUUM", "CLUSTER"):
        return _Maintenance
    if first == "ALTER":
        if second == "SYSTEM":
            return _AlterSystem
        if second == "TABLE" and "DETACH" in upper:
            return _Detach
        if second == "TYPE" and "VALUE" in upper:
            return _AddValue
    return Subject


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
        row = ask_one(
            connection,
            "SELECT inhdetachpending FROM pg_catalog.pg_inherits"
            " WHERE inhparent = pg_catalog.to_regclass(%s) AND inhrelid = pg_catalog.to_regclass(%s)",
            (relation_named(connection, self.parent), relation_named(connection, self.child)),
        )
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
        there = one_value(connection, f"SELECT true FROM pg_catalog.{catalog} WHERE {column} = %s", self.name)
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
        there = ask_one(
            connection,
            "SELECT true FROM pg_catalog.pg_enum"
            " WHERE enumtypid = pg_catalog.to_regtype(%s) AND enumlabel = %s",
            (type_named(connection, self.type), self.value),
        )
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
            one_value(connection, "SELECT context FROM pg_catalog.pg_settings WHERE name = %s", name)
        )
        try:
            there = one_value(
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
