"""Statements outside of transactions other than those on indexes: how their success is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.core.migration import Statement
from landed.engines.postgres.connect.asking import ask_one, relation_named, type_named
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.sql.tree import enum, options, parts, relation, strings
from landed.engines.postgres.write.alone_indexes import index_subject
from landed.engines.postgres.write.alone_subject import Subject, one_value, shown_name

if TYPE_CHECKING:
    from psycopg import Connection

_DATABASE = ("database", "pg_database", "datname")
_TABLESPACE = ("tablespace", "pg_tablespace", "spcname")
_SUBSCRIPTION = ("subscription", "pg_subscription", "subname")


def subject_of(statement: Statement) -> Subject:
    """What a statement works on; raises nothing: what is not understood is only run."""
    head = head_of(statement)
    if head.tree is None:
        return Subject(head)
    which, node = head.tree
    kind = index_subject(head.tree) or _KINDS.get(which, Subject)
    if kind is _Detach and [said for said, _ in parts(node)] != ["AT_DetachPartition"]:
        return Subject(head)
    return kind(head, node)


class _Detach(Subject):
    """ALTER TABLE parent DETACH PARTITION child CONCURRENTLY: two transactions, of which the first may stay
    alone (the detach is then pending)"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        (_, command), *_ = parts(node)
        both = relation(node.relation), relation(getattr(command, "def").partition_cmd.name)
        self.parent, self.child = map(shown_name, both)
        parent, child = (".".join(map(quote, name)) for name in both)
        self.finish = f"ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE"
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
            return self.finish
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

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.wanted = head.verb == "CREATE"
        (name,) = (f.name for f in node.DESCRIPTOR.fields if f.name in _NAMED)
        self.kind = _NAMED[name]
        self.name = str(getattr(node, name))

    def unproven(self, connection: Connection[Any]) -> str | None:
        _, catalog, column = self.kind
        there = one_value(connection, f"SELECT true FROM pg_catalog.{catalog} WHERE {column} = %s", self.name)
        return None if bool(there) == self.wanted else f"{self._what()} is {'' if there else 'not '}there"

    def proof(self) -> str:
        return f"{self._what()} is {'' if self.wanted else 'not '}there"

    def _what(self) -> str:
        return f"the {self.kind[0]} {self.name}"


class _AddValue(Subject):
    """ALTER TYPE … ADD VALUE, committed early because a later statement uses the value"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.type = shown_name(strings(node.type_name))
        self.value = str(node.new_val)

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

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.named = bool(node.rels) if head.verb == "VACUUM" else node.HasField("relation")
        self.skips = head.verb == "VACUUM" and "skip_locked" in options(node.options)

    def unproven(self, connection: Connection[Any]) -> str | None:
        if self.named and not self.skips:
            return next((warning for warning in self.heard if "skipping" in warning), None)
        return None

    def notes(self) -> list[str]:
        return self.heard[:5]


class _AlterSystem(Subject):
    """ALTER SYSTEM SET name … and RESET name, which write a file that only superusers can read back"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.is_set = enum(node.setstmt, "kind") == "VAR_SET_VALUE"
        self.name = str(node.setstmt.name) or "all"
        self.effect = ""
        self.seen = False

    def unproven(self, connection: Connection[Any]) -> str | None:
        import psycopg.errors as e

        name = self.name.lower()
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


_NAMED = {"dbname": _DATABASE, "tablespacename": _TABLESPACE, "subname": _SUBSCRIPTION}
"""What a statement calls the thing that it makes or drops."""

_KINDS: dict[str, type[Subject]] = {
    "createdb_stmt": _Presence,
    "dropdb_stmt": _Presence,
    "create_table_space_stmt": _Presence,
    "drop_table_space_stmt": _Presence,
    "create_subscription_stmt": _Presence,
    "drop_subscription_stmt": _Presence,
    "vacuum_stmt": _Maintenance,
    "cluster_stmt": _Maintenance,
    "alter_system_stmt": _AlterSystem,
    "alter_table_stmt": _Detach,
    "alter_enum_stmt": _AddValue,
}
