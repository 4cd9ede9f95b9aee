"""The answer of ``verify`` as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.ops.examine import Examination
from landed.ops.verify import Answer
from landed.report.heading import headline
from landed.report.page import Page
from landed.report.reports import Verify
from landed.report.standings import claims, first_step, summary, too_many, unexplained_objects
from landed.report.terminal import say, say_all, say_next
from landed.report.text.style import paint


def render_verify(exam: Examination, answer: Answer, out: IO[str], command: Callable[[str], str]) -> None:
    """Write the answer for a person: yes or no first, then why."""
    if answer.proven:
        say(f"{paint('proven', 'green', out)}: {claims(exam, answer)}", out)
    else:
        say(f"{paint('NOT proven', 'red', out)}: {summary(exam)}", out)
    say_all(headline(exam), out)
    hidden = frozenset(too_many(exam))
    for judgement in exam.judgements:
        if judgement.name in answer.failed and judgement.name not in hidden:
            say(f"  {judgement.standing}: {judgement.name}", out)
    if hidden:
        say(f"  no-file: … and {len(hidden)} more (--json shows all)", out)
    if answer.unprovable:
        say(f"  unprovable (nothing can prove them): {', '.join(answer.unprovable)}", out)
    objects = unexplained_objects(exam.unexplained)
    if objects:
        more = f" and {len(objects) - 8} more" if len(objects) > 8 else ""
        say(f"  made by no migration (does not fail): {', '.join(objects[:8])}{more}", out)
    if not answer.proven:
        say_next(command(first_step(exam, answer)), out)


def render(report: Verify, page: Page) -> None:
    """Write the answer."""
    render_verify(report.exam, report.answer, page.out, page.command)
