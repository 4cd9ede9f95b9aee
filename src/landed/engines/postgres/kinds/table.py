"""Tables and foreign tables, without their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.kinds.base import (
    BOUND,
    COMMENTED,
    FOREIGN,
    GRANTED,
    OPTIONS,
    OWNED,
    THERE,
    TOAST,
    Kind,
    Prop,
    Reading,
    Rights,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.column import definition
from landed.engines.postgres.kinds.constraint import of_not_null
from landed.engines.postgres.kinds.naming import as_shown, bare, listed
from landed.engines.postgres.kinds.options import foreign_options, parameters, with_options
from landed.engines.postgres.kinds.said import Claim, Said, gone, gone_relation, made_as, there
from landed.engines.postgres.kinds.writes import INHERITED, Piece, Writes
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tree import enum

RIGHTS = Rights("table", "arwdDxtm", on="TABLE", born="r")

READINGS = (
    Reading(
        name="tables",
        catalog="pg_class",
        relkinds="rpf",
        named="relation",
        props=(
            THERE,
            *plain("persistence"),
            *expressions("partitioned by", "partition of"),
            Prop("partition bound", BOUND),
            *plain("detach pending"),
            *expressions("inherits"),
            *plain("row level security", "force row level security", "replica identity", "of type",
                   "access method", "tablespace", "server"),
            Prop("options", OPTIONS, shown="storage parameters"),
            Prop("toast", TOAST, shown="those of its TOAST table"),
            Prop("foreign", FOREIGN, shown="options"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(
            # The options of a table's TOAST table are the table's; that one is named after it.
            Touch(
                "pg_class",
                "CASE c.relkind WHEN 't' THEN substring(c.relname from '^pg_toast_([0-9]+)$')::oid END",
                when="c.relkind = 't'",
            ),
            Touch("pg_inherits", "c.inhrelid", of="c.inhparent"),
            Touch("pg_partitioned_table", "c.partrelid"),
            Touch("pg_foreign_table", "c.ftrelid"),
        ),
        names=True,
    ),
)  # fmt: skip


_OTHERWISE = frozenset(
    ("partition of", "partitioned by", "inherits", "of type", "server", "access method", "tablespace")
)


def _create(piece: Piece) -> bool:
    """Make a plain table with its columns, where that is asked for; any table in a copy."""
    want = piece.want
    if not piece.schema.makes_tables:
        return False
    if not piece.schema.copy and (piece.object.kind != "table" or _OTHERWISE & want.keys()):
        return False
    columns = _columns(piece)
    if columns is None:
        return False
    piece.schema.made.add(piece.object.name)
    foreign = piece.object.kind == "foreign table"
    kind = "FOREIGN TABLE" if foreign else "UNLOGGED TABLE" if "persistence" in want else "TABLE"
    typed = piece.schema.copy and "of type" in want
    shape = f" OF {want['of type']}" if typed else f" ({_lines(columns)})"
    piece.alter(f"CREATE {kind} {piece.name}{shape}{_tail(piece) if piece.schema.copy else ''}")
    piece.takes(EXISTS, "column order", "persistence")
    if want.get("row level security") != YES:
        piece.takes("row level security")
    if piece.takes("partition of", "partition bound"):
        piece.alter(_attach(piece))
    return True


def _columns(piece: Piece) -> list[str] | None:
    """The definitions of its own columns; a parent's are made with the parent."""
    found = []
    for column in listed(piece.want.get("column order", "")):
        obj = piece.object._replace(kind="column", parent=piece.object.name, name=column)
        want = piece.schema.wanted.get(obj)
        if want is None:
            return None
        if INHERITED in want and "inherits" in piece.want:
            continue
        own = of_not_null(piece.schema, piece.object.name, column)
        found.append(f"{bare(column)} {definition(want, piece.schema, obj, not_null=own)}")
    return found


def _lines(parts: list[str]) -> str:
    return "\n  " + ",\n  ".join(parts) + "\n" if parts else ""


def _tail(piece: Piece) -> str:
    """What stands behind the columns."""
    want, told = piece.want, ""
    if "inherits" in want:
        told += f" INHERITS ({want['inherits']})"
    if "partitioned by" in want:
        told += f" PARTITION BY {want['partitioned by']}"
    if "access method" in want:
        told += f" USING {bare(want['access method'])}"
    if "server" in want:
        told += f" SERVER {bare(want['server'])}{with_options(piece)}"
    piece.takes("inherits", "partitioned by", "access method", "server", "of type")
    return told


def _attach(piece: Piece) -> str:
    parent = piece.want["partition of"]
    only = "ONLY " if piece.schema.copy else ""
    return f"ALTER TABLE {only}{parent} ATTACH PARTITION {piece.name} {piece.want['partition bound']}"


def _alter(piece: Piece) -> None:
    name, want = piece.name, piece.want
    alter = f"ALTER TABLE {name} "
    if piece.takes("row level security"):
        on = want.get("row level security") == YES
        piece.alter(f"{alter}{'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")
    if piece.takes("force row level security"):
        piece.alter(f"{alter}{'' if 'force row level security' in want else 'NO '}FORCE ROW LEVEL SECURITY")
    if piece.takes("persistence"):
        piece.alter(f"{alter}SET {'UNLOGGED' if 'persistence' in want else 'LOGGED'}")
    if piece.object.kind == "foreign table" and EXISTS in piece.did:
        piece.takes("replica identity")  # has none, and is said to
    if "replica identity" in piece.todo:
        _replica_identity(piece, alter)
    if piece.takes("tablespace"):
        piece.alter(f"{alter}SET TABLESPACE {bare(want.get('tablespace', 'pg_default'))}")
    if "inherits" in piece.todo and piece.object.kind == "table":
        _inherits(piece, alter)
    if piece.todo & {"partition of", "partition bound"}:
        _partition(piece)
    parameters(piece, alter)
    foreign_options(piece, f"ALTER FOREIGN TABLE {name} ")


def _replica_identity(piece: Piece, alter: str) -> None:
    wanted = piece.want.get("replica identity")
    if wanted == "index":
        using = [
            key.name
            for key in piece.schema.parts.get(piece.object.name, ())
            if key.prop == "replica identity" and key.kind in ("index", "constraint")
        ]
        if len(using) != 1:
            return
        sql = f"{alter}REPLICA IDENTITY USING INDEX {bare(using[0])}"
        if EXISTS in piece.did:
            piece.later.append(("state", sql))
        else:
            piece.alter(sql)
    else:
        piece.alter(f"{alter}REPLICA IDENTITY {(wanted or 'default').upper()}")
    piece.takes("replica identity")


def _inherits(piece: Piece, alter: str) -> None:
    wanted = listed(piece.want.get("inherits", ""))
    seen = listed(piece.have.get("inherits", ""))
    lacking = [parent for parent in wanted if parent not in seen]
    if [parent for parent in seen if parent in wanted] + lacking != wanted:
        return  # a parent is added as the last one
    piece.takes("inherits")
    for parent in seen:
        if parent not in wanted:
            piece.alter(f"{alter}NO INHERIT {parent}")
    for parent in lacking:
        piece.alter(f"{alter}INHERIT {parent}")


def _partition(piece: Piece) -> None:
    for parent in filter(None, (piece.have.get("partition of"), piece.want.get("partition of"))):
        above = piece.beside("table", "", as_shown(parent))
        if above is not None and "partitioned by" in above.todo:
            return
    if was := piece.have.get("partition of"):
        piece.alter(f"ALTER TABLE {was} DETACH PARTITION {piece.name}")
    if "partition of" in piece.want:
        piece.alter(_attach(piece))
    piece.takes("partition of", "partition bound")


_TABLE = Writes(create=_create, alter=_alter)

_CONSTRAINTS = frozenset(
    ("CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_EXCLUSION")
)


def _said(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """CREATE TABLE: the table, its columns and its named constraints."""
    table = said.relation(node.relation)
    if node.relation.relpersistence == "t" or said.has(kind, table):
        return
    yield there(kind, "", table)
    for element in node.table_elts:
        what = element.WhichOneof("node")
        if what == "column_def":
            yield there("column", table, quoted(element.column_def.colname))
            for part in element.column_def.constraints:
                if part.constraint.conname and enum(part.constraint, "contype") in _CONSTRAINTS:
                    yield there("constraint", table, quoted(part.constraint.conname))
        elif what == "constraint" and element.constraint.conname:
            yield there("constraint", table, quoted(element.constraint.conname))


def _said_of_parts(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """ALTER TABLE: columns and named constraints that are added or dropped."""
    table = said.relation(node.relation)
    for part in node.cmds:
        command = part.alter_table_cmd
        match enum(command, "subtype"):
            case "AT_AddColumn":
                yield there("column", table, quoted(getattr(command, "def").column_def.colname))
            case "AT_AddConstraint" if getattr(command, "def").constraint.conname:
                yield there("constraint", table, quoted(getattr(command, "def").constraint.conname))
            case "AT_DropColumn":
                yield gone("column", table, quoted(command.name))
            case "AT_DropConstraint":
                yield gone("constraint", table, quoted(command.name))


KINDS = (
    Kind(
        name="table", read_by=("tables",), space="relation", rights=RIGHTS, tag="OBJECT_TABLE",
        holds_rows=True, word="TABLE", order=80, whole=True, needed=True, given=True,
        writes=_TABLE,
        says={
            "create_stmt": _said, "create_table_as_stmt": made_as, "alter_table_stmt": _said_of_parts,
            "drop_stmt": gone_relation,
        },
    ),
    Kind(
        name="foreign table", read_by=("tables",), space="relation", rights=RIGHTS,
        tag="OBJECT_FOREIGN_TABLE", holds_rows=True, word="FOREIGN TABLE", order=90, given=True,
        writes=_TABLE, says={"drop_stmt": gone_relation},
    ),
)  # fmt: skip
