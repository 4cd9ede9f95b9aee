"""What a file may lose: tables that it drops or deletes from, and whether rows must be counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from landed.core.facts import EXISTS
from landed.core.migration import Statement
from landed.core.timeline import StatementTrace
from landed.engines.postgres.sql.head import head_of

_HOLDS_ROWS: Final = frozenset(("table", "materialized view"))
_DELETES: Final = re.compile(r"\b(?:truncate|delete)\b", re.IGNORECASE)


class Losses(NamedTuple):
    """``dropped`` and ``deleted`` are tables as facts name them; ``guarded`` as in ``core.timeline.Step``."""

    dropped: tuple[str, ...]
    deleted: tuple[str, ...]
    guarded: bool


def losses(
    statements: Sequence[Statement], traces: Iterable[StatementTrace], targets: Mapping[int, Sequence[object]]
) -> Losses:
    """What a file's statements take away, by their effects; a table with another name is not dropped.

    ``targets`` are the tables (by statement's number) whose rows a statement writes in so many words.
    """
    dropped: set[str] = set()
    deleted: set[str] = set()
    guarded = False
    for statement, trace in zip(statements, traces, strict=True):
        found = head_of(statement)
        gone = {
            key.name
            for key, _, after in trace.effects
            if after is None and key.prop == EXISTS and key.kind in _HOLDS_ROWS
        }
        if found.verb != "ALTER":
            dropped |= gone
        if found.verb in ("DELETE", "TRUNCATE"):
            deleted.update(map(str, targets.get(statement.number, ())))
            guarded = True
        guarded = guarded or bool(gone) or (found.dynamic and _DELETES.search(statement.text) is not None)
    return Losses(tuple(sorted(dropped)), tuple(sorted(deleted)), guarded)
