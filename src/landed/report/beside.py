"""Several targets beside each other, in words that every format shares."""

from __future__ import annotations

from collections.abc import Iterator

from landed.core.counting import plural
from landed.core.next import Next, landed
from landed.ops.side_by_side import Look, Row, SideBySide
from landed.report.differences import collapsed
from landed.report.standings import FOLD

Names = str | tuple[str, str, int]
"""A migration's name, or first, last and number of a long run that stands alike."""


def head(look: Look, together: SideBySide) -> str:
    """A target's name at the head of its column."""
    if look.exam is None:
        return look.shown
    label = look.exam.workspace.spec.label
    labels = [o.exam.workspace.spec.label for o in together.looks if o.exam]
    return label if labels.count(label) == 1 else look.shown


def groups(together: SideBySide, *, everything: bool = False) -> Iterator[tuple[Names, Row]]:
    """The lines of the table, long runs folded."""
    run: list[Row] = []
    for row in together.rows:
        if run and _standings(row) != _standings(run[0]):
            yield from _lines(run, everything)
            run = []
        run.append(row)
    yield from _lines(run, everything)


def _lines(run: list[Row], everything: bool) -> Iterator[tuple[Names, Row]]:
    if len(run) > FOLD and not everything:
        yield (run[0].name, run[-1].name, len(run)), run[0]
    else:
        yield from ((row.name, row) for row in run)


def _standings(row: Row) -> list[object]:
    return [cell and cell.standing for cell in row.cells]


def findings(together: SideBySide) -> list[Next]:
    """What is found only by looking at several: whether migrations stand alike, and schemas are the same."""
    found = []
    if sum(together.known) > 1:
        rows = together.differing
        if not rows:
            found.append(Next(f"All {plural(len(together.rows), 'migration')} stand alike."))
        else:
            verb = "does" if len(rows) == 1 else "do"
            found.append(Next(f"{plural(len(rows), 'migration')} {verb} not stand alike."))
    for drift in together.drifts:
        pair = f"{drift.a.label} and {drift.b.label}"
        objects = len({d.key.object for d in collapsed(drift)})
        if not objects:
            found.append(Next(f"The schemas of {pair} are the same."))
            continue
        differ = f"The schemas of {pair} differ in {plural(objects, 'object')}: "
        found.append(Next(differ, landed("drift", drift.a.name, drift.b.name)))
    if len(together.families) > 1:
        families = " and those of ".join(together.families)
        found.append(Next(f"The schemas of {families} are not compared."))
    return found
