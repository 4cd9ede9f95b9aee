"""Columns of tables and views, attributes of composite types, and their order."""

from __future__ import annotations

from landed.core.facts import EXISTS, YES, FactKey, ObjectKey
from landed.engines.postgres.kinds.base import (
    ASIDE,
    COMMENTED,
    FOREIGN,
    GRANTED,
    OPTIONS,
    ORDERED,
    THERE,
    Kind,
    Prop,
    Reading,
    Rights,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.naming import as_shown, path
from landed.engines.postgres.kinds.options import foreign_options
from landed.engines.postgres.kinds.sequence import told
from landed.engines.postgres.kinds.writes import INHERITED, Piece, Props, Schema, Writes

_RIGHTS = Rights("column", "")

READINGS = (
    Reading(
        name="columns",
        catalog="pg_class",
        relkinds="c",
        named="relation",
        props=(
            THERE,
            Prop("ordered", ORDERED, ("column order",), "order"),
            Prop("number", ASIDE, shown=""),
            *plain("type", "not null", "declared here", "identity"),
            *expressions("default"),
            *plain("generated"),
            *expressions("expression"),
            *plain("collation", "compression", "storage", "statistics target"),
            Prop("options", OPTIONS),
            Prop("foreign", FOREIGN, shown="options of a foreign table's"),
            GRANTED, COMMENTED,
        ),
        touched_by=(
            Touch(
                "pg_attribute", "c.attrelid", when="k.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')",
                join="JOIN pg_class k ON k.oid = c.attrelid",
            ),
            Touch("pg_attrdef", "c.adrelid", through=True),
        ),
        names=True,
    ),
)  # fmt: skip


_VIEWS = ("view", "materialized view")
_IDENTITY = {"always": "ALWAYS", "by default": "BY DEFAULT"}
_TAKES_TEXT = ("text", "character varying", "character(", "citext", "name")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_DEFINED = (
    EXISTS, "type", "not null", "declared here", "identity", "default", "generated", "expression",
    "collation",
)  # fmt: skip
"""What :func:`definition` says."""
_KNOWN = frozenset((*_DEFINED, INHERITED, "compression", "storage", "statistics target", "comment", "owner"))


def definition(want: Props, schema: Schema, obj: ObjectKey, *, not_null: str | None = "NOT NULL") -> str:
    """A column's type and all that stands behind it, as CREATE TABLE has it.

    In a copy its default comes later: it may need what needs the table. ``not_null`` is how it is said that
    no value is missing, ``None`` where something else says it.
    """
    parts = [want.get("type", "text")]
    if "collation" in want:
        parts.append(f"COLLATE {want['collation']}")
    if "expression" in want:
        parts.append(f"GENERATED ALWAYS AS ({want['expression']}) {want.get('generated', 'stored').upper()}")
    if "identity" in want:
        parts += _identity_of(want, schema, obj)
    if "default" in want and not schema.copy:
        parts.append(f"DEFAULT {want['default']}")
    if want.get("not null") == YES and not_null is not None:
        parts.append(not_null)
    return " ".join(parts)


def _identity_of(want: Props, schema: Schema, obj: ObjectKey) -> list[str]:
    said = f"GENERATED {_IDENTITY[want['identity']]} AS IDENTITY"
    if not schema.copy:
        return [said]
    name = schema.of_columns.get(f"{obj.parent}.{obj.name}")
    if name is None:
        return []  # a partition's is its parent's (17 and later), and comes with the attaching
    sequence = schema.wanted[ObjectKey("sequence", "", name)]
    return [f"{said} ({' '.join([f'SEQUENCE NAME {path(name)}', *told(sequence, of_identity=True)])})"]


def _column(piece: Piece) -> None:
    table = piece.object.parent
    if any(FactKey(kind, "", table, EXISTS) in piece.schema.expected for kind in _VIEWS):
        if piece.have and piece.takes("default"):
            wanted = piece.want.get("default")
            at = _of_view(piece)
            piece.alter(f"{at}SET DEFAULT {wanted}" if wanted is not None else f"{at}DROP DEFAULT")
        if piece.have and piece.want:
            _settings(piece, f"ALTER TABLE {piece.on} ALTER COLUMN {piece.name} ")
        return
    alter = f"ALTER TABLE {'ONLY ' if piece.schema.copy else ''}{piece.on} "
    at = f"{alter}ALTER COLUMN {piece.name} "
    if piece.missing and table in piece.schema.made:
        _made_with_table(piece, at)
    elif piece.missing:
        _add(piece, alter)
    want = piece.want
    of = piece.beside("table", "", table)
    if "declared here" in piece.todo and of is not None and "inherits" in of.did:
        piece.takes("declared here")  # so does INHERIT find it, and NO INHERIT leave it
    child = piece.schema.is_part(table)
    if piece.todo & {"type", "collation"} and not child:
        _type(piece, at)
    elif child and piece.todo & {"type", "collation"}:
        _of_parent(piece)
    _generated(piece, at)
    if "identity" in piece.todo:
        _identity(piece, at)
    if piece.takes("default"):
        said = f"{at}SET DEFAULT {want['default']}" if "default" in want else f"{at}DROP DEFAULT"
        if EXISTS in piece.did:
            piece.later.append(("default", said))
        else:
            piece.alter(said)
    if piece.takes("not null"):
        piece.alter(f"{at}{'SET' if want.get('not null') == YES else 'DROP'} NOT NULL")
    foreign_options(piece, f"ALTER FOREIGN TABLE {piece.on} ALTER COLUMN {piece.name} ")
    _settings(piece, at)


def _settings(piece: Piece, at: str) -> None:
    """How its values are stored and counted."""
    want = piece.want
    if piece.takes("compression"):
        piece.alter(f"{at}SET COMPRESSION {want.get('compression', 'default')}")
    if "storage" in piece.todo and (usual := want.get("storage") or _usual_storage(want.get("type", ""))):
        piece.takes("storage")
        piece.alter(f"{at}SET STORAGE {usual.upper()}")
    if piece.takes("statistics target"):
        piece.alter(f"{at}SET STATISTICS {want.get('statistics target', '-1')}")
    for option in sorted(p for p in piece.todo if p not in _KNOWN and not p.startswith("option ")):
        piece.takes(option)
        piece.alter(f"{at}SET ({option} = {want[option]})" if option in want else f"{at}RESET ({option})")


def _made_with_table(piece: Piece, at: str) -> None:
    """What CREATE TABLE said of it; that of a typed table says nothing, and a copy's no default."""
    table = piece.schema.wanted.get(ObjectKey("table", "", piece.object.parent), {})
    apart = {"default"} if piece.schema.copy else set()
    if "of type" in table:
        apart.add("not null")
    piece.takes(*(prop for prop in _DEFINED if prop not in apart))
    if piece.want.get("not null") != YES:
        piece.takes("not null")


def _add(piece: Piece, alter: str) -> None:
    piece.alter(f"{alter}ADD COLUMN {piece.name} {definition(piece.want, piece.schema, piece.object)}")
    piece.takes(*_DEFINED)
    if "generated" not in piece.want:
        where = f"{piece.object.parent}.{piece.object.name}"
        piece.cautions.append(f"{where} comes back empty: whatever it held is gone")
    _last_in_order(piece)
    piece.schema.rights_again |= _granted(piece)


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
        using = f" USING {piece.name}::{wanted}"
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
            above = piece.schema.pieces.get(piece.object._replace(parent=as_shown(parent)))
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
        piece.alter(f"{at}ADD GENERATED {_IDENTITY[wanted]} AS IDENTITY")
        name = f"{piece.object.parent}.{piece.object.name}"
        piece.cautions.append(
            f"{name} counts from 1 again: set it behind the highest value "
            f"(ALTER TABLE {piece.object.parent} ALTER COLUMN {piece.name} RESTART WITH …)"
        )
    else:
        piece.alter(f"{at}SET GENERATED {_IDENTITY[wanted]}")


def _usual_storage(of: str) -> str:
    usual = {"text": "extended", "jsonb": "extended", "json": "extended", "bytea": "extended"}
    return usual.get(of, "extended" if of.startswith("character varying") else "")


def _follows(piece: Piece) -> bool:
    """What a view's definition says of its columns comes with it."""
    for kind in _VIEWS:
        view = piece.beside(kind, "", piece.object.parent)
        if view is not None and "definition" in view.did:
            if piece.schema.copy and "default" in piece.want:
                piece.later.append(("default", f"{_of_view(piece)}SET DEFAULT {piece.want['default']}"))
            if kind == "materialized view" and piece.missing:
                _settings(piece, f"ALTER TABLE {piece.on} ALTER COLUMN {piece.name} ")
            return True
    return False


def _of_view(piece: Piece) -> str:
    return f"ALTER VIEW {piece.on} ALTER COLUMN {piece.name} "


def _granted(piece: Piece) -> set[FactKey]:
    of = f"{piece.object.parent}.{piece.object.name}"
    return {k for k in piece.schema.parts.get(of, ()) if k.kind == "grant on column"}


def attribute(want: Props) -> str:
    """An attribute's type and collation."""
    return want["type"] + (f" COLLATE {want['collation']}" if "collation" in want else "")


def _attribute(piece: Piece) -> None:
    at = f"ALTER TYPE {piece.on} "
    if piece.missing and piece.object.parent in piece.schema.made:
        piece.takes_all()
    elif piece.missing:
        piece.takes_all()
        piece.alter(f"{at}ADD ATTRIBUTE {piece.name} {attribute(piece.want)}")
    elif piece.todo & {"type", "collation"}:
        piece.takes("type", "collation")
        piece.alter(f"{at}ALTER ATTRIBUTE {piece.name} TYPE {attribute(piece.want)}")


KINDS = (
    Kind(
        name="column", read_by=("columns",), on="table", rights=_RIGHTS, tag="OBJECT_COLUMN", holds_rows=True,
        word="COLUMN", order=100, whole=True,
        writes=Writes(
            follows=_follows, alter=_column, rename="ALTER TABLE {on} RENAME COLUMN {name} TO {to}"
        ),
    ),
    Kind(
        name="attribute", read_by=("columns",), on="type", rights=_RIGHTS, tag="OBJECT_ATTRIBUTE",
        holds_rows=True, word="COLUMN", order=50,
        writes=Writes(alter=_attribute, rename="ALTER TYPE {on} RENAME ATTRIBUTE {name} TO {to}"),
    ),
)  # fmt: skip
