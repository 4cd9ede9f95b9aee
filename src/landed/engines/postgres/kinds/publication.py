"""Publications, and the tables and schemas in them."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.naming import bare, text
from landed.engines.postgres.kinds.writes import Piece, Writes
from landed.engines.postgres.sql.names import quoted

READINGS = (
    Reading(
        name="publications",
        catalog="pg_publication",
        props=(
            THERE,
            *plain("all tables", "publish", "via partition root", "generated columns"),
            OWNED, COMMENTED,
        ),
        touched_by=(Touch("pg_publication"),),
    ),
    Reading(
        name="publication_tables",
        catalog="pg_publication_rel",
        props=(THERE, *plain("columns"), *expressions("where")),
        touched_by=(Touch("pg_publication"), Touch("pg_publication_rel")),
    ),
    Reading(
        name="publication_schemas",
        catalog="pg_publication_namespace",
        props=(THERE,),
        touched_by=(Touch("pg_publication"), Touch("pg_publication_namespace")),
    ),
)  # fmt: skip


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


def _anything(piece: Piece) -> bool:
    return bool(piece.todo)


def _enclosed(expression: str) -> str:
    return expression if expression.startswith("(") and expression.endswith(")") else f"({expression})"


KINDS = (
    Kind(
        name="publication", read_by=("publications",), tag="OBJECT_PUBLICATION", holds_rows=True,
        word="PUBLICATION", order=240, given=True,
        writes=Writes(create=_create, alter=_alter),
    ),
    Kind(
        name="publication table", read_by=("publication_tables",), on="publication",
        tag="OBJECT_PUBLICATION_REL", order=250,
        writes=Writes(
            create=_add_table, again=_anything, drop="ALTER PUBLICATION {on} DROP TABLE {name}"
        ),
    ),
    Kind(
        name="publication schema", read_by=("publication_schemas",), on="publication",
        tag="OBJECT_PUBLICATION_NAMESPACE", order=260,
        writes=Writes(
            create=_add_schema, again=_anything, drop="ALTER PUBLICATION {on} DROP TABLES IN SCHEMA {name}"
        ),
    ),
)  # fmt: skip
