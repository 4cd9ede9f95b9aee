"""What the commands share when they speak: JSON on stdout, progress and questions on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from landed.core.errors import NeedsConfirmation
from landed.report.terminal import finished, mask_with, put, say, say_json, say_lines, say_next

__all__ = ["confirm", "emit_json", "progress", "say", "say_lines", "say_next", "typed"]

_QUIET_SECONDS = 1.0


def _redacted(text: str) -> str:
    from landed.cli.redaction import redact

    return redact(text)


def _masked(text: str) -> str:
    from landed.cli.redaction import masked

    return masked(text)


# Whoever speaks has come through here.
mask_with(_redacted, _masked)


def emit_json(body: dict[str, Any], *, data: bool = False) -> None:
    """Print one JSON document on stdout; one of the user's ``data`` without the secrets in force only."""
    say_json(body, data=data)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A line on stderr that follows long work, on a terminal only and only after a second."""
    started = time.monotonic()
    shown = False
    stream = sys.stderr
    live = stream.isatty()

    def tick(done: int, total: int, name: str) -> None:
        nonlocal shown
        if live and time.monotonic() - started > _QUIET_SECONDS:
            shown = True
            put(f"\r\x1b[K{what} {done + 1}/{total} {finished(name)[:60]}", stream)
            stream.flush()

    try:
        yield tick
    finally:
        if shown:
            put("\r\x1b[K", stream)
            stream.flush()


def confirm(question: str, *, yes: bool, again: str) -> None:
    """Ask for consent; ``again`` is the command to run with it. Never defaults to yes.

    Raises NeedsConfirmation when the answer is no, or when there is nobody to ask.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NeedsConfirmation(
            "Nothing was changed: this needs your consent and there is no terminal to ask on.", next=again
        )
    if not click.confirm(finished(question), default=False, err=True):
        raise NeedsConfirmation("Nothing was changed.", next=again)


def typed(question: str) -> str:
    """What the user types as an answer, without spaces around it."""
    answer: str = click.prompt(finished(question), default="", show_default=False, err=True)
    return answer.strip()
