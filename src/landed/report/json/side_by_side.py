"""Several targets as JSON (schema ``landed/2``): the documents of each in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from landed.ops.side_by_side import Look, SideBySide
from landed.ops.verify import Answer
from landed.report.json.status import SCHEMA, status_json
from landed.report.text.drift import collapsed

CommandFor = Callable[[str], Callable[[str], str]]


def status_all_json(together: SideBySide, command_for: CommandFor) -> dict[str, Any]:
    """The status of every target, and which migrations do not stand alike."""
    return {
        "schema": SCHEMA,
        "command": "status",
        "targets": [
            status_json(look.exam, command_for(look.asked)) if look.exam else _failed(look, command_for)
            for look in together.looks
        ],
        "differing": [row.name for row in together.differing],
        "drift": [
            {"a": d.a.name, "b": d.b.name, "objects": len({x.key.object for x in collapsed(d)})}
            for d in together.drifts
        ],
    }


def verify_all_json(
    together: SideBySide, answers: Sequence[Answer | None], command_for: CommandFor
) -> dict[str, Any]:
    """The answer for every target; ``proven`` is true only if all of them are."""
    targets = []
    for look, answer in zip(together.looks, answers, strict=True):
        if look.exam is None or answer is None:
            targets.append(_failed(look, command_for))
            continue
        targets.append(
            status_json(look.exam, command_for(look.asked))
            | {
                "command": "verify",
                "proven": answer.proven,
                "failed": list(answer.failed),
                "unprovable": list(answer.unprovable),
            }
        )
    return {
        "schema": SCHEMA,
        "command": "verify",
        "targets": targets,
        "proven": all(answer is not None and answer.proven for answer in answers),
    }


def _failed(look: Look, command_for: CommandFor) -> dict[str, Any]:
    error = look.error
    assert error is not None
    return {
        "schema": SCHEMA,
        "target": look.shown,
        "error": {
            "kind": type(error).__name__,
            "message": error.message,
            "where": error.where,
            "details": list(error.details),
            "next": command_for(look.asked)(error.next) if error.next else None,
            "exit_code": error.exit_code,
        },
    }
