"""What the commands share when they speak: JSON on stdout, progress and questions on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from landed.core.errors import NeedsConfirmation

_QUIET_SECONDS = 1.0


def emit_json(body: dict[str, Any]) -> None:
    """Print one JSON document on stdout."""
    import json

    click.echo(json.dumps(body, indent=2, ensure_ascii=False))


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
            stream.write(f"\r\x1b[K{what} {done + 1}/{total} {name[:60]}")
            stream.flush()

    try:
        yield tick
    finally:
        if shown:
            stream.write("\r\x1b[K")
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
    if not click.confirm(question, default=False, err=True):
        raise NeedsConfirmation("Nothing was changed.", next=again)
