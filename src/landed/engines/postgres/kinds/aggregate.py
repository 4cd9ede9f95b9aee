"""Aggregates: functions, with what makes them more."""

from __future__ import annotations

import re

from landed.engines.postgres.kinds.base import Kind, Reading, Touch, plain
from landed.engines.postgres.kinds.function import RIGHTS, rights_again
from landed.engines.postgres.kinds.naming import called, path, schema_of, text, unquoted
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="aggregates",
        catalog="pg_proc",
        named="routine",
        props=plain(
            "state function",
            "state type",
            "state size",
            "initial state",
            "final function",
            "final extra",
            "final modify",
            "combine function",
            "serial function",
            "deserial function",
            "moving state",
            "sort operator",
            "aggregate kind",
        ),
        touched_by=(Touch("pg_aggregate", "c.aggfnoid::oid"),),
    ),
)

_MOVING = re.compile(r"(\S+), (\S+), (.+?), (\d+), (?:(.*), )?(\S+), ([tf]), ([rsw])\Z", re.DOTALL)
_MODES = {"r": "READ_ONLY", "s": "SHAREABLE", "w": "READ_WRITE"}
_OF_AGGREGATES = (
    ("state function", "SFUNC"), ("state type", "STYPE"), ("state size", "SSPACE"),
    ("final function", "FINALFUNC"), ("combine function", "COMBINEFUNC"), ("serial function", "SERIALFUNC"),
    ("deserial function", "DESERIALFUNC"),
)  # fmt: skip


def _create(piece: Piece) -> bool:
    want = piece.want
    parts = [f"{word} = {want[prop]}" for prop, word in _OF_AGGREGATES if prop in want]
    parts += ["FINALFUNC_EXTRA"] * ("final extra" in want)
    if "final modify" in want:
        parts.append(f"FINALFUNC_MODIFY = {_MODES[want['final modify']]}")
    if "initial state" in want:
        parts.append(f"INITCOND = {text(want['initial state'])}")
    if "moving state" in want:
        parts += _moving(want["moving state"])
    if "sort operator" in want:
        parts.append(f"SORTOP = {operator(want['sort operator'])}")
    if "parallel" in want:
        parts.append(f"PARALLEL = {want['parallel'].upper()}")
    parts += ["HYPOTHETICAL"] * (want.get("aggregate kind") == "hypothetical set")
    name = path(called(piece.object.name)[0])
    listed = want["arguments"] if want.get("arguments") else "*"
    want["state function"]  # of one that is only claimed nothing is known
    piece.alter(f"CREATE AGGREGATE {name}({listed}) ({', '.join(parts)})")
    piece.takes_all()
    rights_again(piece)
    return True


def _moving(told: str) -> list[str]:
    """The parameters of the moving state, which is one fact."""
    found = _MOVING.match(told)
    if found is None:
        raise KeyError("moving state")
    forward, inverse, kind, size, initial, final, extra, modify = found.groups()
    parts = [f"MSFUNC = {forward}", f"MINVFUNC = {inverse}", f"MSTYPE = {kind}"]
    parts += [f"MSSPACE = {size}"] * (size != "0")
    parts += [f"MINITCOND = {text(initial)}"] * (initial is not None)
    if final != "-":
        parts += [f"MFINALFUNC = {final}", f"MFINALFUNC_MODIFY = {_MODES[modify]}"]
        parts += ["MFINALFUNC_EXTRA"] * (extra == "t")
    return parts


def operator(told: str) -> str:
    """``app.<(integer,integer)``, as the catalog shows it → ``OPERATOR(app.<)``."""
    name = told[: told.index("(")]
    within = schema_of(name) or "pg_catalog"
    return f"OPERATOR({within}.{unquoted(name.removeprefix(within + '.'))})"


_AGAIN = frozenset(
    ("arguments", "returns", "final extra", "final modify", "initial state", "moving state", "sort operator",
     "parallel", "aggregate kind", *(prop for prop, _ in _OF_AGGREGATES))
)  # fmt: skip


KINDS = (
    Kind(
        name="aggregate", read_by=("functions", "aggregates"), space="function", rights=RIGHTS,
        tag="OBJECT_AGGREGATE", word="ROUTINE", order=160, whole=True, given=True,
        writes=Writes(create=_create, again=_AGAIN, drop="DROP ROUTINE {name}"),
    ),
)  # fmt: skip
