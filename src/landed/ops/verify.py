"""verify: the status as a yes or no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from landed.core.standing import FAILS_VERIFY, Judgement, Standing
from landed.core.timeline import Step
from landed.ops.examine import Examination


class Why(StrEnum):
    """Why a statement of a file that is proven was itself not looked at, as a stable word."""

    ROWS = "rows"
    TEXT = "text"
    RIGHTS = "rights"
    UNREAD = "unread"


class Unseen(NamedTuple):
    """Statements (by number) of a recorded file on which a proof does not rest.

    ``rows``: they write rows, which nothing proves. ``text``: they do not run in the throw-away database, so
    only what their text claims was looked for. ``rights``: the same, since they need rights that landed gives
    to no file. ``unread``: they leave something that landed does not read.
    """

    name: str
    why: Why
    statements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the history is proven; which migrations speak against it, which nothing can prove.

    ``proven`` is the answer under the options that were given, ``against`` the migrations for which it is no.
    ``complete`` says that something is recorded and no file is left that is not; ``not_recorded`` names those
    files. ``unseen`` is what the proof does not rest on. ``recorded`` counts rows of the history.
    """

    proven: bool
    failed: tuple[str, ...]
    unprovable: tuple[str, ...]
    against: tuple[str, ...] = ()
    not_recorded: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    recorded: int = 0

    @property
    def complete(self) -> bool:
        """Whether something is recorded, and every file is."""
        return bool(self.recorded) and not self.not_recorded


def verdict_of(exam: Examination, *, strict: bool = False, complete: bool = False) -> Answer:
    """The answer of ``verify``: no on any phantom, partial, edited, no-file or doubly recorded migration.

    ``strict``: no on unprovable ones, too, and on what a statement left that landed does not read.
    ``complete``: no on files that are not recorded, and where nothing is recorded.
    """
    failed = tuple(j.name for j in exam.judgements if j.standing in FAILS_VERIFY)
    unprovable = tuple(j.name for j in exam.judgements if j.standing is Standing.UNPROVABLE)
    not_recorded = tuple(j.name for j in exam.judgements if j.file and not j.recorded)
    recorded = sum(1 for j in exam.judgements if j.recorded)
    unread = tuple(j.name for j in exam.judgements if j.standing is Standing.OK and j.unread)
    named = (*failed, *((*unprovable, *unread) if strict else ()), *(not_recorded if complete else ()))
    against = tuple(dict.fromkeys(named))
    proven = not against and bool(recorded or not complete)
    return Answer(proven, failed, unprovable, against, not_recorded, tuple(_unseen(exam)), recorded)


def _unseen(exam: Examination) -> Iterator[Unseen]:
    for judgement in exam.judgements:
        # What nothing can prove is named as a whole; a row without a file has no statements.
        if judgement.recorded and judgement.file and judgement.standing is not Standing.UNPROVABLE:
            yield from _unseen_in(judgement, exam.step(judgement.name))


def _unseen_in(judgement: Judgement, step: Step) -> Iterator[Unseen]:
    withheld = {failure.statement for failure in step.failures if failure.withheld}
    claimed = [trace.number for trace in step.traces if trace.weak]
    found = (
        (Why.ROWS, judgement.unproven),
        (Why.TEXT, [number for number in claimed if number not in withheld]),
        (Why.RIGHTS, [number for number in claimed if number in withheld]),
        (Why.UNREAD, [number for number in judgement.unread if number not in claimed]),
    )
    for why, numbers in found:
        if numbers:
            yield Unseen(judgement.name, why, tuple(numbers))
