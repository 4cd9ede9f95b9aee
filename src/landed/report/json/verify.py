"""The answer of ``verify`` as JSON: the status, and yes or no."""

from __future__ import annotations

from typing import Any

from landed.core.given import Given
from landed.ops.examine import Examination
from landed.ops.verify import Answer
from landed.report.json.status import status_json
from landed.report.page import Page
from landed.report.reports import Verify
from landed.report.terminal import say_json


def verify_json(exam: Examination, answer: Answer, command: Given) -> dict[str, Any]:
    """Everything that ``status`` knows, whether it is proven, and by whom not."""
    return status_json(exam, command) | {
        "command": "verify",
        "proven": answer.proven,
        "failed": list(answer.failed),
        "unprovable": list(answer.unprovable),
        "complete": answer.complete,
        "not_recorded": list(answer.not_recorded),
        "not_looked_at": [
            {"migration": u.name, "why": str(u.why), "statements": list(u.statements)} for u in answer.unseen
        ],
    }


def render(report: Verify, page: Page) -> None:
    """Write the document."""
    say_json(verify_json(report.exam, report.answer, page.command), page.out)
