"""Statements outside of transactions other than those on indexes: what no fact tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.core.migration import Statement
from landed.engines.postgres.connect.asking import ask_one, relation_named
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.names import shown_name
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.sql.tree import enum, options, parts, relation
from landed.engines.postgres.write.alone.indexes import index_subject
from landed.engines.postgres.write.alone.subject import Subject, one_value

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

    def amiss(self, connection: Connection[Any]) -> list[str]:
        what, catalog, column = self.kind
        there = one_value(connection, f"SELECT true FROM pg_catalog.{catalog} WHERE {column} = %s", self.name)
        if bool(there) == self.wanted:
            return []
        return [f"the {what} {self.name} is {'' if there else 'not '}there"]


class _Maintenance(Subject):
    """VACUUM and CLUSTER: tables that the role may not touch are skipped with no more than a warning"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.named = bool(node.rels) if head.verb == "VACUUM" else node.HasField("relation")
        self.skips = head.verb == "VACUUM" and "skip_locked" in options(node.options)

    def amiss(self, connection: Connection[Any]) -> list[str] | None:
        if not self.named or self.skips:
            return None
        return [warning for warning in self.heard if "skipping" in warning][:1] or None

    def notes(self, connection: Connection[Any]) -> list[str]:
        return self.heard[:5]


class _AlterSystem(Subject):
    """ALTER SYSTEM SET name … and RESET name, which write a file that only superusers can read back"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.is_set = enum(node.setstmt, "kind") == "VAR_SET_VALUE"
        self.name = str(node.setstmt.name) or "all"

    def amiss(self, connection: Connection[Any]) -> list[str] | None:
        import psycopg.errors as e

        name = self.name.lower()
        try:
            there = one_value(
                connection,
                "SELECT true FROM pg_catalog.pg_file_settings WHERE lower(name) = %s"
                " AND sourcefile LIKE '%%postgresql.auto.conf'",
                name,
            )
        except e.InsufficientPrivilege:
            return None
        if name == "all" or bool(there) == self.is_set:
            return []
        return [f"{name} is {'' if there else 'not '}in postgresql.auto.conf"]

    def notes(self, connection: Connection[Any]) -> list[str]:
        query = "SELECT context FROM pg_catalog.pg_settings WHERE name = %s"
        if one_value(connection, query, self.name.lower()) == "postmaster":
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
}
