"""Reading and judging until what was seen was there at one moment: somebody else may deploy meanwhile.

Where all is as it should be, nothing more is asked. What is not may be half of one state and half of another;
and whoever deploys often takes some seconds, after which all is well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from landed.core.flags import Topic
from landed.core.migration import Note
from landed.core.standing import Standing
from landed.engines.base import Restless
from landed.engines.live import same_content

if TYPE_CHECKING:
    from landed.core.facts import FactKey
    from landed.core.standing import Judgement
    from landed.core.timeline import Step
    from landed.engines.live import LiveState
    from landed.ops.workspace import Workspace


class Seen(Protocol):
    """What a reading was judged to be."""

    @property
    def steps(self) -> Sequence[Step]:
        """The replay that it was judged by."""
        ...

    @property
    def judgements(self) -> Sequence[Judgement]:
        """What is said of each file, and of each row without one."""
        ...

    @property
    def unexplained(self) -> Sequence[FactKey]:
        """What is there and no file makes."""
        ...


Exam = TypeVar("Exam", bound=Seen)

READINGS = 6
"""So often is read what somebody changes all the time."""

PAUSES = (0.0, 0.1, 0.2, 0.4, 0.8)
"""Seconds before the readings after the first."""

SAID = "The schema changed while it was read: somebody is deploying. What is said is of the last reading."

_CALM = frozenset({Standing.OK, Standing.PENDING, Standing.UNPROVABLE})


def settled(workspace: Workspace, read: Callable[[], LiveState], judge: Callable[[LiveState], Exam]) -> Exam:
    """What is judged of a reading that is of one moment. Raises Restless, CannotKnow."""
    moved = False
    state = read()
    exam = judge(state)
    for tried in range(READINGS):
        checked = any(step.checks for step in exam.steps)
        if _is_calm(exam) or workspace.engine.unchanged(state, checked=checked):
            return exam
        if tried == READINGS - 1:
            break
        time.sleep(PAUSES[min(tried, len(PAUSES) - 1)])
        before, state = state, read()
        same = same_content(before, state)
        if not (same or moved):
            moved = True
            workspace.notify("The schema changed while it was read: somebody is deploying. Reading it again.")
        if moved:
            state = state._replace(notes=(*state.notes, Note(Topic.DEPLOYING, SAID)))
        if checked or not same:
            exam = judge(state)
    raise Restless


def _is_calm(exam: Seen) -> bool:
    """Whether nothing is said of any file that could not be so on the way from one to the next."""
    return not exam.unexplained and all(j.standing in _CALM for j in exam.judgements)
