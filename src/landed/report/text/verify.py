"""The answer of ``verify`` as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.ops.examine import Examination
from landed.ops.verify import Answer
from landed.report.heading import headline
from landed.report.page import Page
from landed.report.reports import Verify
from landed.report.standings import answered, first_step, too_many, unexplained_objects, unseen
from landed.report.terminal import say, say_all, say_next
from landed.report.text.style import paint

_SHOWN = 8


def render_verify(exam: Examination, answer: Answer, out: IO[str], command: Callable[[str], str]) -> None:
    """Write the answer for a person: yes or no first, then why."""
    word, about = answered(exam, answer)
    style = "red" if not answer.proven else "green" if answer.recorded else "yellow"
    say(f"{paint(word, style, out)}: {about}", out)
    say_all(headline(exam), out)
    hidden = frozenset(too_many(exam))
    for judgement in exam.judgements:
        if judgement.name in answer.failed and judgement.name not in hidden:
            say(f"  {judgement.standing}: {judgement.name}", out)
    if hidden:
        say(f"  no-file: … and {len(hidden)} more (--json shows all)", out)
    if answer.unprovable:
        say(f"  unprovable (nothing can prove them): {', '.join(answer.unprovable)}", out)
    for name in _not_recorded(answer):
        say(f"  not recorded: {name}", out)
    for line in unseen(answer):
        say(f"  {line}", out)
    objects = unexplained_objects(exam.unexplained)
    if objects:
        more = f" and {len(objects) - 8} more" if len(objects) > 8 else ""
        say(f"  made by no migration (does not fail): {', '.join(objects[:8])}{more}", out)
    if not answer.proven:
        say_next(command(first_step(exam, answer)), out)


def _not_recorded(answer: Answer) -> list[str]:
    """The files for which the answer is no since they are not recorded; a long run is cut."""
    names = [n for n in answer.not_recorded if n in answer.against and n not in answer.failed]
    return names if len(names) <= _SHOWN else [*names[:_SHOWN], f"… and {len(names) - _SHOWN} more"]


def render(report: Verify, page: Page) -> None:
    """Write the answer."""
    render_verify(report.exam, report.answer, page.out, page.command)
