"""Operators, their families and classes, access methods."""

from __future__ import annotations

from landed.engines.postgres.kinds.aggregate import operator
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
from landed.engines.postgres.kinds.naming import called, path, schema_of, unquoted
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="operators",
        catalog="pg_operator",
        props=(
            THERE,
            *plain("function", "commutator", "negator", "restrict", "join", "merges", "hashes"),
            OWNED, COMMENTED,
        ),
        touched_by=(Touch("pg_operator", everywhere=True),),
    ),
    Reading(
        name="operator_families",
        catalog="pg_opfamily",
        props=(THERE, *plain("operators", "functions"), OWNED, COMMENTED),
        touched_by=(
            Touch("pg_operator"),
            Touch("pg_opfamily"),
            Touch("pg_opclass"),
            Touch("pg_amop"),
            Touch("pg_amproc"),
        ),
    ),
    Reading(
        name="operator_classes",
        catalog="pg_opclass",
        props=(
            THERE, *plain("type"), *expressions("default"), *plain("storage", "family"), OWNED, COMMENTED
        ),
        touched_by=(Touch("pg_opfamily"), Touch("pg_opclass", everywhere=True)),
    ),
    Reading(
        name="access_methods",
        catalog="pg_am",
        props=(THERE, *plain("type", "handler"), COMMENTED),
        touched_by=(Touch("pg_am"),),
    ),
)  # fmt: skip


_OF_OPERATORS = (("restrict", "RESTRICT"), ("join", "JOIN"))


def _create(piece: Piece) -> bool:
    want, shown = piece.want, shown_operator(piece.object.name)
    name, signature = shown[: shown.index("(")], shown[shown.index("(") + 1 : -1]
    left, right = signature.split(", ", 1)
    parts = [f"FUNCTION = {called(want['function'])[0]}"]
    parts += [f"LEFTARG = {left}"] * (left != "NONE") + [f"RIGHTARG = {right}"]
    parts += [f"{p.upper()} = {operator(want[p])}" for p in ("commutator", "negator") if p in want]
    parts += [f"{word} = {want[p]}" for p, word in _OF_OPERATORS if p in want]
    parts += [p.upper() for p in ("hashes", "merges") if p in want]
    piece.alter(f"CREATE OPERATOR {name} ({', '.join(parts)})")
    piece.takes_all()
    return True


def _alter(piece: Piece) -> None:
    told = [f"{word} = {piece.want.get(prop, 'NONE')}" for prop, word in _OF_OPERATORS if piece.takes(prop)]
    if told:
        piece.alter(f"ALTER OPERATOR {shown_operator(piece.object.name)} SET ({', '.join(told)})")


def shown_operator(name: str) -> str:
    """``app."==="(integer, integer)``, as facts name it → ``app.===(integer, integer)``."""
    shown, signature = called(name)
    within = schema_of(shown)
    return f"{path(within)}.{unquoted(shown.removeprefix(within + '.'))}{signature}"


KINDS = (
    Kind(
        name="operator", read_by=("operators",), tag="OBJECT_OPERATOR", word="OPERATOR", order=175,
        whole=True, given=True,
        writes=Writes(
            create=_create, alter=_alter, drop="DROP OPERATOR {name}", shown=shown_operator
        ),
    ),
    Kind(name="operator family", read_by=("operator_families",), tag="OBJECT_OPFAMILY"),
    Kind(name="operator class", read_by=("operator_classes",), tag="OBJECT_OPCLASS"),
    Kind(name="access method", read_by=("access_methods",), tag="OBJECT_ACCESS_METHOD"),
)  # fmt: skip
