"""Several targets judged at once, and where they do not stand alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.errors import LandedError
from landed.core.standing import Judgement
from landed.core.timeline import Progress
from landed.ops.examine import Examination, examine
from landed.ops.workspace import Workspace
from landed.project.naming import redact

if TYPE_CHECKING:
    from landed.core.drift import Drift


@dataclass(frozen=True)
class Look:
    """One target: what was found out, or why that could not be.

    ``asked`` is the target as the user named it, ``shown`` without what may be secret.
    """

    asked: str
    exam: Examination | None = None
    error: LandedError | None = None

    @property
    def shown(self) -> str:
        """The target's name for people."""
        return redact(self.asked)


@dataclass(frozen=True, slots=True)
class Row:
    """One migration on every target, in the targets' order; ``None`` where there is no such file or row."""

    name: str
    cells: tuple[Judgement | None, ...]

    def alike(self, known: Sequence[bool]) -> bool:
        """Whether it stands alike on all targets that could be judged."""
        return len({c.standing if c else None for c, k in zip(self.cells, known, strict=True) if k}) <= 1


@dataclass(frozen=True)
class SideBySide:
    """The targets in the user's order."""

    looks: tuple[Look, ...]

    @cached_property
    def known(self) -> tuple[bool, ...]:
        """Which targets could be judged."""
        return tuple(look.exam is not None for look in self.looks)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every migration of any target, in the order of the first target that has it."""
        found = [{j.name: j for j in look.exam.judgements} if look.exam else {} for look in self.looks]
        names = dict.fromkeys(name for judged in found for name in judged)
        return tuple(Row(name, tuple(judged.get(name) for judged in found)) for name in names)

    @cached_property
    def differing(self) -> tuple[Row, ...]:
        """The migrations that do not stand alike."""
        return tuple(row for row in self.rows if not row.alike(self.known))

    @cached_property
    def drifts(self) -> tuple[Drift, ...]:
        """The schema of the first target with that of each other one of its engine."""
        from landed.core.drift import compare
        from landed.engines.sides import side_of

        judged = [look.exam for look in self.looks if look.exam is not None and look.exam.state.present]
        alike = [exam for exam in judged if _family(exam) == _family(judged[0])]
        sides = [side_of(exam.workspace.engine, exam.state) for exam in alike]
        return tuple(compare(sides[0], other) for other in sides[1:])

    @property
    def families(self) -> tuple[str, ...]:
        """The engines' families of the targets that could be judged: schemas of two are not compared."""
        return tuple(sorted({_family(look.exam) for look in self.looks if look.exam is not None}))

    @property
    def exit_code(self) -> int:
        """The worst exit code of what could not be judged, 0 when all could."""
        return max((look.error.exit_code for look in self.looks if look.error), default=0)


def _family(exam: Examination) -> str:
    return exam.workspace.engine.words.family


def examine_all(
    targets: Sequence[tuple[str, Callable[[], Workspace]]], *, progress: Progress | None = None
) -> SideBySide:
    """Judge several targets; what cannot be reached is an entry, not the end. Reads only."""
    looks = []
    for asked, opened in targets:
        try:
            looks.append(Look(asked, examine(opened(), progress=progress)))
        except LandedError as error:
            looks.append(Look(asked, error=error))
    return SideBySide(tuple(looks))
