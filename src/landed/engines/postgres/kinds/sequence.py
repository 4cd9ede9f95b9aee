"""Sequences: their parameters, not where they stand."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Rights,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.naming import as_shown, last_of
from landed.engines.postgres.kinds.said import gone_relation, made_relation
from landed.engines.postgres.kinds.writes import Piece, Props, Writes

_RIGHTS = Rights("sequence", "rwU", on="SEQUENCE", born="S")

READINGS = (
    Reading(
        name="sequences",
        catalog="pg_class",
        relkinds="S",
        named="relation",
        props=(
            THERE,
            *plain("type", "increment", "start", "minimum", "maximum", "cache", "cycle", "persistence"),
            *expressions("owned by"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(Touch("pg_sequence", "c.seqrelid"),),
        names=True,
    ),
)  # fmt: skip


_PARAMETERS = ("type", "increment", "minimum", "maximum", "start", "cache", "cycle")


def _create(piece: Piece) -> bool:
    want = piece.want
    kind = "UNLOGGED SEQUENCE" if piece.schema.copy and "persistence" in want else "SEQUENCE"
    piece.alter(" ".join([f"CREATE {kind} {piece.name}", *told(want)]))
    piece.takes(EXISTS, *_PARAMETERS)
    if piece.schema.copy:
        piece.takes("persistence")
    return True


def _follows(piece: Piece) -> bool:
    """One that a column's identity brings comes back with it."""
    if not piece.missing:
        return False
    table, column = last_of(as_shown(piece.want.get("owned by", "")))
    of = piece.beside("column", table, column)
    return of is not None and "identity" in of.todo | of.did


def told(want: Props, *, of_identity: bool = False) -> list[str]:
    """What is told of a sequence that is made, in the order of the manual."""
    return [_parameter(p, want[p]) for p in _PARAMETERS if p in want and not (of_identity and p == "type")]


def _alter(piece: Piece) -> None:
    name, want = piece.name, piece.want
    if piece.todo & set(_PARAMETERS):
        changed = [p for p in _PARAMETERS if p in piece.todo]
        if {"minimum", "maximum", "increment"} & set(changed) and "start" not in changed and "start" in want:
            changed.append("start")
        piece.takes(*_PARAMETERS)
        piece.alter(f"ALTER SEQUENCE {name} {' '.join(_parameter(p, want.get(p)) for p in changed)}")
    if piece.takes("persistence"):
        piece.alter(f"ALTER SEQUENCE {name} SET {'UNLOGGED' if 'persistence' in want else 'LOGGED'}")
    if piece.takes("owned by"):
        # The table may be made only after the sequence that a default of it needs.
        piece.later.append(("owned by", f"ALTER SEQUENCE {name} OWNED BY {want.get('owned by', 'NONE')}"))


def _parameter(prop: str, value: str | None) -> str:
    match prop:
        case "type":
            return f"AS {value}"
        case "increment":
            return f"INCREMENT BY {value or 1}"
        case "minimum":
            return f"MINVALUE {value}" if value else "NO MINVALUE"
        case "maximum":
            return f"MAXVALUE {value}" if value else "NO MAXVALUE"
        case "start":
            return f"START WITH {value or 1}"
        case "cache":
            return f"CACHE {value or 1}"
        case _:
            return "CYCLE" if value else "NO CYCLE"


KINDS = (
    Kind(
        name="sequence", read_by=("sequences",), space="relation", rights=_RIGHTS, tag="OBJECT_SEQUENCE",
        holds_rows=True, word="SEQUENCE", order=70, needed=True, given=True,
        says={"create_seq_stmt": made_relation("sequence"), "drop_stmt": gone_relation},
        writes=Writes(
            follows=_follows, create=_create, alter=_alter, rename="ALTER SEQUENCE {name} RENAME TO {to}"
        ),
    ),
)  # fmt: skip
