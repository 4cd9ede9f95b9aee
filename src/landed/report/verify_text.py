"""The answer of ``verify`` as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.ops.examine import Examination
from landed.ops.verify import Answer
from landed.report.status_text import headline, next_commands, summary
from landed.report.style import paint


def render_verify(exam: Examination, answer: Answer, out: IO[str], command: Callable[[str], str]) -> None:
    """Write the answer for a person: yes or no first, then why."""
    recorded = sum(1 for j in exam.judgements if j.recorded)
    if answer.proven:
        word = paint("proven", "green", out)
        print(
            f"{word}: the schema holds what the {recorded - len(answer.assumed)} recorded migrations claim",
            file=out,
        )
    else:
        print(f"{paint('NOT proven', 'red', out)}: {summary(exam)}", file=out)
    print(headline(exam), file=out)
    for judgement in exam.judgements:
        if judgement.name in answer.failed:
            print(f"  {judgement.standing}: {judgement.name}", file=out)
    if answer.assumed:
        print(f"  assumed (nothing can prove them): {', '.join(answer.assumed)}", file=out)
    if not answer.proven:
        advice = next_commands(exam)
        print(f"Next: {command('landed status')}" if not advice else f"Next: {command(advice[0])}", file=out)
