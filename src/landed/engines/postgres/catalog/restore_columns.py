"""Columns, attributes of composite types: the statements that bring their properties back."""

from __future__ import annotations

from collections.abc import Callable

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.postgres.catalog.restore_names import bare
from landed.engines.postgres.catalog.restore_objects import IDENTITY, Piece, column_definition
from landed.engines.postgres.catalog.restore_tables import foreign_options

_TAKES_TEXT = ("text", "character varying", "character(", "citext", "name")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_KNOWN = frozenset(
    ("exists", "type", "not null", "identity", "default", "generated", "expression", "collation",
     "compression", "storage", "statistics target", "comment", "owner")
)  # fmt: skip


def column(piece: Piece) -> None:
    """A table's column; a view's follow its definition."""
    _, table, name = piece.object
    if any(FactKey(k, "", table, EXISTS) in piece.schema.expected for k in ("view", "materialized view")):
        _of_view(piece)
        return
    if piece.obj_gone:
        return
    alter = f"ALTER TABLE {table} "
    if piece.missing and table in piece.schema.made:
        piece.takes(EXISTS, "type", "not null", "identity", "default", "generated", "expression", "collation")
    elif piece.missing:
        piece.takes_all()
        piece.alter(f"{alter}ADD COLUMN {bare(name)} {column_definition(piece.want)}")
        if "generated" not in piece.want:
            piece.cautions.append(f"{table}.{name} comes back empty: whatever it held is gone")
        _last_in_order(piece)
        piece.schema.rights_again |= _granted(piece)
        return
    at = f"{alter}ALTER COLUMN {bare(name)} "
    want = piece.want
    child = piece.schema.is_part(table)
    if piece.todo & {"type", "collation"} and not child:
        _type(piece, at)
    elif child and piece.todo & {"type", "collation"}:
        _of_parent(piece)
    _generated(piece, at)
    if "identity" in piece.todo:
        _identity(piece, at)
    if piece.takes("default"):
        piece.alter(f"{at}SET DEFAULT {want['default']}" if "default" in want else f"{at}DROP DEFAULT")
    if piece.takes("not null"):
        piece.alter(f"{at}{'SET' if want.get('not null') == YES else 'DROP'} NOT NULL")
    if piece.takes("compression"):
        piece.alter(f"{at}SET COMPRESSION {want.get('compression', 'default')}")
    if "storage" in piece.todo and (usual := want.get("storage") or _usual_storage(want.get("type", ""))):
        piece.takes("storage")
        piece.alter(f"{at}SET STORAGE {usual.upper()}")
    if piece.takes("statistics target"):
        piece.alter(f"{at}SET STATISTICS {want.get('statistics target', '-1')}")
    foreign_options(piece, f"ALTER FOREIGN TABLE {table} ALTER COLUMN {bare(name)} ")
    options = sorted(prop for prop in piece.todo if prop not in _KNOWN and not prop.startswith("option "))
    for option in options:
        piece.takes(option)
        piece.alter(f"{at}SET ({option} = {want[option]})" if option in want else f"{at}RESET ({option})")


def _last_in_order(piece: Piece) -> None:
    """A column that is added stands behind all others, whatever its place was."""
    _, table, name = piece.object
    key = FactKey(piece.object.kind.replace("column", "table"), "", table, "column order")
    wanted, seen = piece.schema.expected.get(key, ""), piece.schema.live.get(key, "")
    order = wanted.split(", ")
    if name in order and any(other in seen.split(", ") for other in order[order.index(name) + 1 :]):
        piece.cautions.append(
            f"{table}.{name} comes back as the last column: only a new table would have the files' order"
        )


def _type(piece: Piece, at: str) -> None:
    wanted, seen = piece.want.get("type", ""), piece.have.get("type", "")
    changes = wanted != seen
    piece.takes("type", "collation")
    # A default is converted along only where its type can be; it is set as it should be afterwards.
    had = "default" in piece.have and changes
    if had:
        piece.alter(f"{at}DROP DEFAULT")
        if "default" in piece.want:
            piece.todo.add("default")
        else:
            piece.todo.discard("default")
    collation = f" COLLATE {piece.want['collation']}" if "collation" in piece.want else ""
    using = ""
    if changes and not _assigned(seen, wanted):
        using = f" USING {bare(piece.object.name)}::{wanted}"
    piece.alter(f"{at}TYPE {wanted}{collation}{using}")
    if changes:
        where = f"{piece.object.parent}.{piece.object.name}"
        piece.cautions.append(
            f"the values in {where} are converted from {seen} to {wanted}: what does not fit is refused, and "
            "digits may be rounded"
        )


def _assigned(seen: str, wanted: str) -> bool:
    """Whether PostgreSQL converts by itself; without USING what is too long is refused, not cut off."""
    if wanted.endswith("[]") or seen.endswith("[]"):
        return wanted.endswith("[]") and seen.endswith("[]") and _assigned(seen[:-2], wanted[:-2])
    if wanted.startswith(_TAKES_TEXT):
        return True
    if wanted.startswith(_NUMBERS) and seen.startswith(_NUMBERS):
        return True
    times = ("timestamp", "date", "time")
    return wanted.partition("(")[0] == seen.partition("(")[0] or (
        wanted.startswith(times) and seen.startswith(times)
    )


def _of_parent(piece: Piece) -> None:
    """A partition's column has the type that its parent's has."""
    for prop in ("partition of", "inherits"):
        parents = piece.schema.expected.get(FactKey("table", "", piece.object.parent, prop), "")
        for parent in filter(None, parents.split(", ")):
            above = piece.schema.pieces.get(piece.object._replace(parent=parent))
            if above is not None and above.did & {"type", "collation"}:
                piece.takes("type", "collation")


def _generated(piece: Piece, at: str) -> None:
    if not piece.todo & {"generated", "expression"}:
        return
    if "expression" in piece.have and "expression" not in piece.want:
        piece.takes("generated", "expression")
        piece.alter(f"{at}DROP EXPRESSION")


def _identity(piece: Piece, at: str) -> None:
    wanted, seen = piece.want.get("identity"), piece.have.get("identity")
    piece.takes("identity")
    if wanted is None:
        piece.alter(f"{at}DROP IDENTITY")
    elif seen is None:
        if "default" in piece.have and "default" not in piece.want:
            piece.takes("default")
            piece.alter(f"{at}DROP DEFAULT")
        piece.alter(f"{at}ADD GENERATED {IDENTITY[wanted]} AS IDENTITY")
        name = f"{piece.object.parent}.{piece.object.name}"
        piece.cautions.append(
            f"{name} counts from 1 again: set it behind the highest value "
            f"(ALTER TABLE {piece.object.parent} ALTER COLUMN {bare(piece.object.name)} RESTART WITH …)"
        )
    else:
        piece.alter(f"{at}SET GENERATED {IDENTITY[wanted]}")


def _usual_storage(of: str) -> str:
    usual = {"text": "extended", "jsonb": "extended", "json": "extended", "bytea": "extended"}
    return usual.get(of, "extended" if of.startswith("character varying") else "")


def _of_view(piece: Piece) -> None:
    """What a view's definition says of its columns comes with it."""
    at = f"ALTER VIEW {piece.object.parent} ALTER COLUMN {bare(piece.object.name)} "
    for kind in ("view", "materialized view"):
        view = piece.schema.pieces.get(piece.object._replace(kind=kind, parent="", name=piece.object.parent))
        if view is not None and "definition" in view.did:
            piece.takes_all()
            return
    view_like = piece.schema.there.get(piece.object, {})
    if view_like and piece.takes("default"):
        wanted = piece.want.get("default")
        piece.alter(f"{at}SET DEFAULT {wanted}" if wanted is not None else f"{at}DROP DEFAULT")


def _granted(piece: Piece) -> set[FactKey]:
    of = f"{piece.object.parent}.{piece.object.name}"
    return {k for k in piece.schema.parts.get(of, ()) if k.kind == "grant on column"}


def attribute(piece: Piece) -> None:
    """An attribute of a composite type."""
    at = f"ALTER TYPE {piece.object.parent} "
    if piece.missing:
        piece.takes_all()
        piece.alter(f"{at}ADD ATTRIBUTE {bare(piece.object.name)} {piece.want['type']}")
    elif piece.todo & {"type", "collation"} and not piece.obj_gone:
        piece.takes("type", "collation")
        collation = f" COLLATE {piece.want['collation']}" if "collation" in piece.want else ""
        piece.alter(f"{at}ALTER ATTRIBUTE {bare(piece.object.name)} TYPE {piece.want['type']}{collation}")


HANDLERS: dict[str, Callable[[Piece], None]] = {"column": column, "attribute": attribute}
