"""Next steps as JSON: argument vectors that a program can run, and what a person has to choose between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from landed.core.command import Effect
from landed.core.given import Given
from landed.core.next import Action, as_next


def actions_json(ways: Iterable[str | None], command: Given) -> list[dict[str, Any]]:
    """The steps of these ways that can be taken now, in order, each once."""
    found: list[dict[str, Any]] = []
    for way in ways:
        for action in as_next(way).actions:
            body = _action(action, command)
            if body not in found:
                found.append(body)
    return found


def _action(action: Action, command: Given) -> dict[str, Any]:
    made = action.command
    return {
        "argv": None if made is None else command.argv(made),
        "effect": action.effect,
        "reads_only": action.effect is Effect.READ,
        "needs_consent": made is not None and made.asks,
        "consent": [] if made is None else list(made.consent),
        "losses": [] if made is None else list(made.losses),
        "choice": action.choice,
        "text": action.text,
    }


def among_targets(documents: Iterable[tuple[str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """The steps of several targets, by their names; a choice is one target's own."""
    return [
        action | {"choice": action["choice"] and f"{name}: {action['choice']}"}
        for name, actions in documents
        for action in actions
    ]
