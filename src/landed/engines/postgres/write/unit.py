"""What runs and is proven together on Postgres: a unit. A file is one, or several that commit one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from landed.core.applied import Consent
from landed.core.facts import FactKey, is_older
from landed.core.migration import Migration
from landed.core.timeline import DataCheck, Step, net_effects
from landed.engines.postgres.ledger import row_for
from landed.engines.postgres.sql.segments import Segment, segments

if TYPE_CHECKING:
    from landed.engines.live import StoredRow

Net = Mapping[FactKey, tuple[str | None, str | None, int]]
"""Facts before and after, and the statement that made them so."""


class Unit(NamedTuple):
    """Statements (by number) of a file that commit together, and the facts that must hold after them.

    One that is ``alone`` is run in no transaction. The ``last`` one of a file has the file's own checks and,
    with ``record``, its history row; it may have no statements.
    """

    migration: Migration
    step: Step
    statements: frozenset[int]
    net: Net
    consent: Consent
    record: bool
    alone: bool = False
    last: bool = True

    @property
    def facts(self) -> dict[FactKey, str | None]:
        """What must hold afterwards, without the order of columns that were there before: it is not the
        file's doing."""
        return {key: after for key, (before, after, _) in self.net.items() if not is_older(key, before)}

    @property
    def checks(self) -> list[DataCheck]:
        """The file's own checks that are made with this unit."""
        return [check for check in self.step.checks if not check.derived] if self.last else []

    @property
    def row(self) -> StoredRow | None:
        """The history row that it writes."""
        return row_for(self.migration) if self.record else None


def units_of(
    migration: Migration, step: Step, chosen: Collection[int], consent: Consent, record: bool
) -> list[Unit]:
    """The chosen statements of a file as what commits together, in order; at least one unit.

    The file's own BEGIN and COMMIT are in none. Where the last statement runs alone, one without statements
    comes after it: for all that the file leaves behind, and its history row.
    """
    parts = _parts(migration, chosen)
    if parts[-1].alone:
        parts.append(Segment(()))
    units = []
    for part in parts:
        numbers, last = frozenset(part.statements), part is parts[-1]
        net = step.net if last else net_effects(t for t in step.traces if t.number in numbers)
        units.append(Unit(migration, step, numbers, net, consent, record and last, bool(part.alone), last))
    return units


def _parts(migration: Migration, chosen: Collection[int]) -> list[Segment]:
    """The file's transactions, of the chosen statements only; neighbours that commit anyway are one."""
    parts: list[Segment] = []
    for segment in segments(migration.statements):
        numbers = tuple(n for n in segment.statements if n in chosen)
        if not numbers:
            continue
        if parts and not segment.alone and not parts[-1].alone and not parts[-1].ended:
            parts[-1] = Segment((*parts[-1].statements, *numbers), ended=segment.ended)
        else:
            parts.append(segment._replace(statements=numbers))
    return parts or [Segment(())]
