"""verify: the status as a yes or no."""

from __future__ import annotations

from dataclasses import dataclass

from landed.core.standing import FAILS_VERIFY, Standing
from landed.ops.examine import Examination


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the history is proven; which migrations speak against it, which nothing can prove."""

    proven: bool
    failed: tuple[str, ...]
    unprovable: tuple[str, ...]


def verdict_of(exam: Examination, *, strict: bool = False) -> Answer:
    """The answer of ``verify``: no on any phantom, partial, edited, no-file or doubly recorded migration."""
    failed = tuple(j.name for j in exam.judgements if j.standing in FAILS_VERIFY)
    unprovable = tuple(j.name for j in exam.judgements if j.standing is Standing.UNPROVABLE)
    return Answer(not failed and not (strict and unprovable), failed, unprovable)
