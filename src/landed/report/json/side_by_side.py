"""Several targets as JSON (schema ``landed/2``): the documents of each in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from landed.core.given import Given
from landed.ops.side_by_side import Look
from landed.ops.side_by_side import SideBySide as Looks
from landed.ops.verify import Answer
from landed.report.differences import collapsed
from landed.report.json.actions import among_targets
from landed.report.json.error import error_json
from landed.report.json.status import SCHEMA, status_json
from landed.report.json.verify import verify_json
from landed.report.page import Page
from landed.report.reports import SideBySide
from landed.report.terminal import say_json

CommandFor = Callable[[str], Given]


def status_all_json(together: Looks, command_for: CommandFor) -> dict[str, Any]:
    """The status of every target, and which migrations do not stand alike."""
    targets = [
        status_json(look.exam, command_for(look.asked)) if look.exam else _failed(look, command_for)
        for look in together.looks
    ]
    return {
        "schema": SCHEMA,
        "command": "status",
        "targets": targets,
        "differing": [row.name for row in together.differing],
        "drift": [
            {"a": d.a.name, "b": d.b.name, "objects": len({x.key.object for x in collapsed(d)})}
            for d in together.drifts
        ],
        "actions": _actions(together, targets),
    }


def verify_all_json(
    together: Looks, answers: Sequence[Answer | None], command_for: CommandFor
) -> dict[str, Any]:
    """The answer for every target; ``proven`` is true only if all of them are."""
    targets = []
    for look, answer in zip(together.looks, answers, strict=True):
        if look.exam is None or answer is None:
            targets.append(_failed(look, command_for))
            continue
        targets.append(verify_json(look.exam, answer, command_for(look.asked)))
    return {
        "schema": SCHEMA,
        "command": "verify",
        "targets": targets,
        "proven": all(answer is not None and answer.proven for answer in answers),
        "actions": _actions(together, targets),
    }


def _actions(together: Looks, targets: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = zip(together.looks, targets, strict=True)
    return among_targets((look.shown, body.get("error", body)["actions"]) for look, body in pairs)


def _failed(look: Look, command_for: CommandFor) -> dict[str, Any]:
    error = look.error
    assert error is not None
    return {
        "schema": SCHEMA,
        "target": look.shown,
        "error": error_json(error, command_for(look.asked)),
    }


def render(report: SideBySide, page: Page) -> None:
    """Write the document."""
    if report.answers is None:
        say_json(status_all_json(report.together, page.command_for), page.out)
    else:
        say_json(verify_all_json(report.together, report.answers, page.command_for), page.out)
