"""Publications, and the tables and schemas in them."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.catalog.making.naming import bare, text
from landed.engines.postgres.catalog.making.writes import Piece, Writes
from landed.engines.postgres.catalog.names import quoted


def _create(piece: Piece) -> bool:
    every = " FOR ALL TABLES" if "all tables" in piece.want else ""
    publish = text(piece.want.get("publish", ""))
    piece.alter(f"CREATE PUBLICATION {piece.name}{every} WITH (publish = {publish})")
    piece.takes(EXISTS, "all tables", "publish")
    return True


def _alter(piece: Piece) -> None:
    alter = f"ALTER PUBLICATION {piece.name} SET "
    if piece.takes("publish"):
        piece.alter(f"{alter}(publish = {text(piece.want.get('publish', ''))})")
    if piece.takes("via partition root"):
        value = "true" if "via partition root" in piece.want else "false"
        piece.alter(f"{alter}(publish_via_partition_root = {value})")
    if piece.takes("generated columns"):
        piece.alter(f"{alter}(publish_generated_columns = {piece.want.get('generated columns', 'none')})")


def _add_table(piece: Piece) -> bool:
    want = piece.want
    columns = ""
    if "columns" in want:
        columns = f" ({', '.join(bare(quoted(name)) for name in want['columns'].split(', '))})"
    where = f" WHERE {_enclosed(want['where'])}" if "where" in want else ""
    # A parent's children are members of their own where they are members.
    only = "ONLY " if piece.schema.copy and not piece.schema.is_partitioned(piece.object.name) else ""
    piece.alter(f"ALTER PUBLICATION {piece.on} ADD TABLE {only}{piece.name}{columns}{where}")
    piece.todo.clear()
    return True


def _add_schema(piece: Piece) -> bool:
    piece.alter(f"ALTER PUBLICATION {piece.on} ADD TABLES IN SCHEMA {piece.name}")
    piece.todo.clear()
    return True


def _enclosed(expression: str) -> str:
    return expression if expression.startswith("(") and expression.endswith(")") else f"({expression})"


WRITES = {
    "publication": Writes(create=_create, alter=_alter),
    "publication table": Writes(
        create=_add_table,
        again=lambda piece: bool(piece.todo),
        drop="ALTER PUBLICATION {on} DROP TABLE {name}",
    ),
    "publication schema": Writes(
        create=_add_schema,
        again=lambda piece: bool(piece.todo),
        drop="ALTER PUBLICATION {on} DROP TABLES IN SCHEMA {name}",
    ),
}
