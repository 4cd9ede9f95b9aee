"""The values that must still be there, within a batch: one reading of a table for many of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from landed.core.applied import Consent
from landed.engines.sqlite.rowguard import Loss
from landed.engines.sqlite.sql.tokens import quote
from landed.engines.sqlite.values import Held

COLUMNS = 30
"""D1 takes 32 arguments of a function (developers.cloudflare.com/d1/platform/limits)."""
RULES = ("value", "place")


class Kept(NamedTuple):
    """A column of a table whose values must not get fewer. ``place``: nor may it hold another column's.
    ``of`` is the number of the measure of its table's rows, 0 where they are not counted."""

    number: int
    table: str
    column: str
    place: bool
    of: int

    @property
    def rule(self) -> str:
        """What would be a loss."""
        return RULES[self.place]


def plan(held: Iterable[Held], rows: Mapping[str, int], used: int, consent: Consent) -> list[Kept]:
    """What is measured of these columns but for those whose loss is allowed. ``rows`` are the numbers of the
    measures of their tables' rows, ``used`` the last number that is given."""
    wanted = [h for h in held if Loss("change-rows", h.table, 0, h.column).allow not in consent.allowed]
    return [
        Kept(used + at, h.table, h.column, h.blindly, rows.get(h.table, 0)) for at, h in enumerate(wanted, 1)
    ]


def setup(guard: str, kept: Sequence[Kept]) -> list[str]:
    """SQL before the file."""
    found = []
    for part in _parts(kept):
        rules = " ".join(f"WHEN {at} THEN '{one.rule}'" for at, one in enumerate(part))
        found.append(
            f"INSERT INTO {guard} (k, rule, of, b) SELECT {part[0].number} + key, CASE key {rules} END, "
            f"{part[0].of}, value FROM json_each({_figures(part)})"
        )
    return found


def again(guard: str, kept: Sequence[Kept]) -> list[str]:
    """SQL after the file."""
    return [
        f"UPDATE {guard} SET a = f.value FROM json_each({_figures(part)}) AS f "
        f"WHERE k = {part[0].number} + f.key"
        for part in _parts(kept)
    ]


def lost(guard: str, row: str) -> str:
    """The condition that ``row`` of the guard says of a loss."""
    fewer = f"CAST({row}.a AS INTEGER) < CAST({row}.b AS INTEGER)"
    other = (
        f"({row}.rule = 'place' AND {row}.a IS NOT {row}.b AND EXISTS (SELECT 1 FROM {guard} AS o WHERE "
        f"o.rule = 'place' AND o.of = {row}.of AND o.k <> {row}.k AND o.b = {row}.a))"
    )
    rows = f"NOT EXISTS (SELECT 1 FROM {guard} AS n WHERE n.k = {row}.of AND n.a < n.b)"
    return (
        f"({row}.rule IN ('value', 'place') AND CAST({row}.b AS INTEGER) > 0 AND {rows} "
        f"AND ({fewer} OR {other}))"
    )


def _figures(part: Sequence[Kept]) -> str:
    """How many values, how long together, the beginnings of the least and of the greatest, one text each."""
    told = ", ".join(
        f"count({c}) || '|' || total(length({c})) || '|' || "
        f"coalesce(substr(min(CAST({c} AS TEXT)), 1, 40), '') || '|' || "
        f"coalesce(substr(max(CAST({c} AS TEXT)), 1, 40), '')"
        for c in (quote(one.column) for one in part)
    )
    return f"(SELECT json_array({told}) FROM {quote(part[0].table)})"


def _parts(kept: Sequence[Kept]) -> Iterable[list[Kept]]:
    for _, own in groupby(kept, lambda one: one.table):
        whole = list(own)
        for at in range(0, len(whole), COLUMNS):
            yield whole[at : at + COLUMNS]
