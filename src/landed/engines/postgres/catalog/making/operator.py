"""Operators and casts; families and classes need a superuser."""

from __future__ import annotations

from landed.engines.postgres.catalog.making.function import operator
from landed.engines.postgres.catalog.making.naming import called, path, schema_of, unquoted
from landed.engines.postgres.catalog.making.writes import Piece, Writes

_OF_OPERATORS = (("restrict", "RESTRICT"), ("join", "JOIN"))
_METHODS = {"in and out": "WITH INOUT", "binary": "WITHOUT FUNCTION"}
_CONTEXTS = {"explicit": "", "assignment": " AS ASSIGNMENT", "implicit": " AS IMPLICIT"}


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


def shown_operator(name: str) -> str:
    """``app."==="(integer, integer)``, as facts name it → ``app.===(integer, integer)``."""
    shown, signature = called(name)
    within = schema_of(shown)
    return f"{path(within)}.{unquoted(shown.removeprefix(within + '.'))}{signature}"


def _create_cast(piece: Piece) -> bool:
    want = piece.want
    how = _METHODS.get(want["method"]) or f"WITH FUNCTION {want['method']}"
    piece.alter(f"CREATE CAST {piece.object.name} {how}{_CONTEXTS[want['context']]}")
    piece.takes_all()
    return True


WRITES = {"operator": Writes(create=_create), "cast": Writes(create=_create_cast, drop="DROP CAST {name}")}
