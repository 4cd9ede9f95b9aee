"""Indexes built, rebuilt and dropped CONCURRENTLY: what is in their way, and what failures leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.engines.postgres.connect.asking import relation_named
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.names import shown_name
from landed.engines.postgres.sql.tree import Tree, named, options, relation
from landed.engines.postgres.write.alone.subject import Subject, one_value
from landed.engines.postgres.write.indexes import Index, indexes_of, invalid_indexes

if TYPE_CHECKING:
    from psycopg import Connection


def index_subject(tree: Tree) -> type[Subject] | None:
    """The kind of a statement on indexes; ``None`` for others."""
    match tree.which:
        case "index_stmt" if tree.node.concurrent:
            return _CreateIndex
        case "drop_stmt" if tree.node.concurrent:
            return _DropIndex
        case "reindex_stmt" if "concurrently" in options(tree.node.params):
            return _Reindex
    return None


class _CreateIndex(Subject):
    """CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] [name] ON [ONLY] table …"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.name: str | None = node.idxname or None
        self.table = shown_name(relation(node.relation))
        self.before: dict[int, Index] = {}

    def look(self, connection: Connection[Any]) -> None:
        self.before = {index.oid: index for index in indexes_of(connection, self.table, self.name)}

    def obstacles(self) -> list[Index]:
        return [index for index in self.before.values() if index.name == self.name and not index.whole]

    def tidy(self, connection: Connection[Any]) -> None:
        for index in self.broken(connection):
            connection.execute(index.drop, prepare=False)

    def notes(self, connection: Connection[Any]) -> list[str]:
        broken = [index for index in self.before.values() if not index.whole]
        made = self._made(connection) if broken else []
        return [
            f"an INVALID index of the same definition was left by an earlier failure: {index.drop}"
            for index in broken
            if made and index.name != made[-1].name and _body(index) == _body(made[-1])
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

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.name = shown_name(named(node.objects[0]))
        self.resolved: str | None = None

    def look(self, connection: Connection[Any]) -> None:
        self.resolved = relation_named(connection, self.name)

    def left(self, connection: Connection[Any]) -> tuple[list[str], list[str]]:
        if not self.resolved:
            return [], []
        valid = one_value(
            connection,
            "SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass(%s)",
            self.resolved,
        )
        if valid is not False:
            return [], []
        return [f"the index {self.resolved} is still there, and INVALID by now: no query uses it"], []


class _Reindex(Subject):
    """REINDEX … CONCURRENTLY, which leaves ``…_ccnew`` or ``…_ccold`` when it fails"""

    def __init__(self, head: Head, node: Any) -> None:
        super().__init__(head, node)
        self.before: dict[int, Index] = {}

    def look(self, connection: Connection[Any]) -> None:
        self.before = {index.oid: index for index in invalid_indexes(connection)}

    def tidy(self, connection: Connection[Any]) -> None:
        for index in self.broken(connection):
            connection.execute(index.drop, prepare=False)

    def amiss(self, connection: Connection[Any]) -> list[str] | None:
        made = self.broken(connection)
        return [f"it left the INVALID index {made[0].shown}: {made[0].harm}"] if made else None

    def notes(self, connection: Connection[Any]) -> list[str]:
        return [
            f"a REINDEX CONCURRENTLY that failed earlier left the INVALID index {index.shown}: {index.drop}"
            for index in self.before.values()
            if index.leftover_of and index.builder is None
        ]

    def broken(self, connection: Connection[Any]) -> list[Index]:
        every = invalid_indexes(connection)
        return [i for i in every if i.oid not in self.before and i.leftover_of and i.builder is None]


def _body(index: Index) -> str:
    """An index's definition without its name."""
    return index.definition.partition(" ON ")[2]
