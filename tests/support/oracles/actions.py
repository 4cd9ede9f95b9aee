"""The laws of ``actions``, held against every document that a test reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

PERSONAL = ("--allow", "--reason", "--accept", "--ran", "--run")
"""Options that are somebody's word."""
BLANKS = ("…", "FILE")
"""What stands where a person has to put something."""


def lists(body: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Every list of actions in a document, with its place and the object that has it."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key == "actions" and isinstance(value, list) and (not value or isinstance(value[0], dict)):
                yield f"{path}/{key}", body, value
            # Rows of the user's own may have such a key, too.
            elif key not in ("rows", "results"):
                yield from lists(value, f"{path}/{key}")
    elif isinstance(body, list):
        for number, part in enumerate(body):
            yield from lists(part, f"{path}/{number}")


def lawful(body: Any) -> Any:
    """The document, after its actions were held to what its page promises."""
    for path, holder, actions in lists(body):
        groups = Counter(a["choice"] for a in actions if a["choice"] is not None)
        assert all(count >= 2 for count in groups.values()), f"{path}: a choice of one: {groups}"
        for action in actions:
            _action(path, action)
        if holder.get("next") is None:
            assert not actions or "next" not in holder, f"{path}: actions without a next step"
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and error.get("code") == "consent" and "--yes" in str(error.get("next")):
        assert error["plan"] is not None, "consent is asked for what is not shown"
    return body


def _action(path: str, action: dict[str, Any]) -> None:
    argv, choice = action["argv"], action["choice"]
    if argv is None:
        assert choice is not None and action["text"] and action["effect"] == "by-hand", f"{path}: {action}"
        assert not action["needs_consent"] and not action["consent"] and not action["losses"]
        return
    assert argv and all(isinstance(word, str) for word in argv), f"{path}: {action}"
    assert action["reads_only"] is (action["effect"] == "read")
    assert action["needs_consent"] is ("--yes" in action["consent"])
    options = argv[: argv.index("--")] if "--" in argv else argv
    assert "--yes" not in options and "-y" not in options, f"{path}: consent is not in argv: {argv}"
    personal = [word for word in options[1:] if word.partition("=")[0] in PERSONAL]
    blank = [word for word in argv[1:] if word in BLANKS]
    if choice is None:
        assert not action["losses"], f"{path}: a loss without a choice: {action}"
        if argv[0] == "landed":
            assert not personal and not blank, f"{path}: a person's word without a choice: {argv}"
    said = {word.partition("=")[0] for word in action["consent"]} - {"--yes"}
    assert argv[0] != "landed" or {word.partition("=")[0] for word in personal} == said, f"{path}: {action}"
