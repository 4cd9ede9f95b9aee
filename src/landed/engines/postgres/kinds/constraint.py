"""Constraints of tables and of domains."""

from __future__ import annotations

from collections.abc import Callable

from landed.core.facts import EXISTS, YES, FactKey, ObjectKey
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    CONSTRAINT,
    THERE,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.naming import bare, path, schema_of, text
from landed.engines.postgres.kinds.options import parameters
from landed.engines.postgres.kinds.writes import INHERITED, Piece, Props, Schema, Writes

_DEFINITION = Prop(
    "constraint",
    CONSTRAINT,
    ("definition", "deferrable", "initially deferred", "enforced", "no inherit"),
    "definition, whether it is deferrable, enforced, inherited",
)
READINGS = (
    Reading(
        name="constraints",
        catalog="pg_constraint",
        beside=Beside("pg_constraint", "oid", "conrelid"),
        props=(
            THERE, _DEFINITION,
            *plain("validated", "declared here", "triggers", "referenced triggers"),
            COMMENTED,
        ),
        touched_by=(
            Touch(
                "pg_constraint", "c.oid",
                when="c.contypid = 0 AND (c.contype <> 'n' OR NOT c.convalidated OR c.connoinherit)",
            ),
            Touch(
                "pg_constraint", "c.oid",
                when="c.contypid = 0 AND c.contype = 'n' AND c.convalidated AND NOT c.connoinherit",
                once_told=True,
            ),
            Touch("pg_trigger", "c.tgconstraint", when="c.tgconstraint <> 0"),
        ),
        names=True,
    ),
    Reading(
        name="domain_constraints",
        catalog="pg_constraint",
        beside=Beside("pg_constraint", "oid", "contypid", "pg_type"),
        props=(THERE, _DEFINITION, *plain("validated"), COMMENTED),
        touched_by=(Touch("pg_constraint", "c.oid", when="c.contypid <> 0"),),
    ),
)  # fmt: skip


_SUFFIXES = (
    ("no inherit", YES, " NO INHERIT"),
    ("deferrable", YES, " DEFERRABLE"),
    ("initially deferred", YES, " INITIALLY DEFERRED"),
    ("enforced", "no", " NOT ENFORCED"),
    ("validated", "no", " NOT VALID"),
)
"""What pg_get_constraintdef() ends with, in this order, and the fact that stands for it."""

_NOT_NULL = "NOT NULL "
_WHOLE = ("definition", "validated", "no inherit", "deferrable", "initially deferred", "enforced")


def without_suffixes(text: str) -> tuple[str, dict[str, str]]:
    """What a constraint says, and the properties that stand behind it.

    >>> without_suffixes("UNIQUE (a) DEFERRABLE")
    ('UNIQUE (a)', {'deferrable': 'yes'})
    """
    found = {}
    for prop, value, suffix in reversed(_SUFFIXES):
        if text.endswith(suffix):
            text = text.removesuffix(suffix)
            found[prop] = value
    return text, found


def with_suffixes(definition: str, prop_of: Callable[[str], str | None]) -> str:
    """The text of a constraint; one that is not enforced is not valid either, and says so once."""
    text = definition
    for prop, value, suffix in _SUFFIXES:
        if prop_of(prop) == value and not (prop == "validated" and prop_of("enforced") == "no"):
            text += suffix
    return text


def of_not_null(schema: Schema, table: str, column: str) -> str | None:
    """How a table that is made says NOT NULL of a column: with the name of a constraint that has one of its
    own; ``None`` for a constraint that is added later, because there may be rows that break it."""
    for name, want in _not_null(schema, table, column):
        if want.get("validated") == "no":
            return None
        return f"CONSTRAINT {bare(name)} {_NOT_NULL.strip()}" + " NO INHERIT" * ("no inherit" in want)
    return _NOT_NULL.strip()


def _not_null(schema: Schema, table: str, column: str) -> list[tuple[str, Props]]:
    said = {_NOT_NULL + column, _NOT_NULL + bare(column)}
    found = {key.name for key in schema.parts.get(table, ()) if key.kind == "constraint"}
    all_of_them = [(name, schema.wanted[ObjectKey("constraint", table, name)]) for name in sorted(found)]
    return [(name, want) for name, want in all_of_them if want.get("definition") in said]


def _create(piece: Piece) -> bool:
    want = piece.want
    told = with_suffixes(want["definition"], want.get)
    if not (piece.schema.copy and (INHERITED in want or _stands_in_table(piece))):
        piece.alter(f"{_head(piece)}ADD CONSTRAINT {piece.name} {told}")
    rest = piece.todo - {EXISTS, INHERITED, *_WHOLE}
    piece.takes_all()
    if piece.schema.copy:
        piece.todo |= rest  # its index's own
    return True


def _stands_in_table(piece: Piece) -> bool:
    """One that is not null is said with the column, but while rows may break it."""
    return piece.want["definition"].startswith(_NOT_NULL) and piece.want.get("validated") == YES


def _head(piece: Piece) -> str:
    """In a copy a partition's key is made by itself, under its own name."""
    schema, table = piece.schema, piece.object.parent
    if schema.is_domain(table):
        return f"ALTER DOMAIN {piece.on} "
    key = not piece.want["definition"].startswith(("FOREIGN KEY", "CHECK", _NOT_NULL))
    only = "ONLY " if schema.copy and key and schema.is_partitioned(table) else ""
    return f"ALTER TABLE {only}{piece.on} "


def _alter(piece: Piece) -> None:
    want = piece.want
    domain = piece.schema.is_domain(piece.object.parent)
    alter = f"ALTER {'DOMAIN' if domain else 'TABLE'} {piece.on} "
    if piece.todo == {"validated"} and want.get("validated") == YES:
        piece.takes("validated")
        piece.alter(f"{alter}VALIDATE CONSTRAINT {piece.name}")
        return
    foreign = want.get("definition", "").startswith("FOREIGN KEY")
    if foreign and piece.todo & {"deferrable", "initially deferred"} and "definition" not in piece.todo:
        piece.takes("deferrable", "initially deferred")
        piece.alter(f"{alter}ALTER CONSTRAINT {piece.name} {_deferrable(want)}")
    if piece.todo & set(_WHOLE):
        _again(piece, alter, domain=domain)
    if domain:
        return
    clustered(piece, alter)
    index = f"{path(schema_of(piece.object.parent))}.{piece.name}"
    attach(piece, index)
    if piece.takes("index comment"):
        piece.alter(f"COMMENT ON INDEX {index} IS {text(want.get('index comment'))}")
    parameters(piece, f"ALTER INDEX {index} ")


def _again(piece: Piece, alter: str, *, domain: bool) -> None:
    added = f"ADD CONSTRAINT {piece.name} {with_suffixes(piece.want.get('definition', ''), piece.want.get)}"
    piece.takes(*_WHOLE)
    piece.anew = True
    if domain:
        piece.alter(f"{alter}DROP CONSTRAINT {piece.name}")
        piece.alter(f"{alter}{added}")
    else:
        piece.alter(f"{alter}DROP CONSTRAINT {piece.name}, {added}")


def _deferrable(want: Props) -> str:
    words = "DEFERRABLE" if "deferrable" in want else "NOT DEFERRABLE"
    return words + (" INITIALLY DEFERRED" if "initially deferred" in want else "")


def clustered(piece: Piece, alter: str) -> None:
    """Whether the table is clustered on this index, and has its rows' identity from it."""
    if piece.takes("clustered"):
        on = "clustered" in piece.want
        piece.alter(f"{alter}CLUSTER ON {piece.name}" if on else f"{alter}SET WITHOUT CLUSTER")
    if "replica identity" in piece.todo:
        # The table's own property says by which index, unless it is another one now.
        of = piece.beside("table", "", piece.object.parent)
        table = FactKey("table", "", piece.object.parent, "replica identity")
        if of is not None and "replica identity" in of.did:
            piece.takes("replica identity")
        elif piece.schema.expected.get(table) == piece.schema.live.get(table) == "index":
            piece.takes("replica identity")
            if "replica identity" in piece.want:
                piece.alter(f"ALTER TABLE {piece.on} REPLICA IDENTITY USING INDEX {piece.name}")


def attach(piece: Piece, index: str) -> None:
    """Make the index a part of that of the parent's table."""
    if "attached to" not in piece.todo or "attached to" not in piece.want:
        return
    of = piece.beside("table", "", piece.object.parent)
    piece.takes("attached to")
    if piece.schema.copy or of is None or "partition of" not in of.did:
        sql = f"ALTER INDEX {piece.want['attached to']} ATTACH PARTITION {index}"
        if piece.schema.copy:
            piece.later.append(("attach", sql))
        else:
            piece.alter(sql)


KINDS = (
    Kind(
        name="constraint", read_by=("constraints", "domain_constraints"), and_by=("indexes",),
        on="table", tag="OBJECT_TABCONSTRAINT", word="CONSTRAINT", order=110, whole=True,
        writes=Writes(
            create=_create,
            alter=_alter,
            drop="ALTER {what} {on} DROP CONSTRAINT {name}",
            rename="ALTER {what} {on} RENAME CONSTRAINT {name} TO {to}",
        ),
    ),
)  # fmt: skip
