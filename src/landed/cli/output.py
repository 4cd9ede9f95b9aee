"""What the commands share when they speak: the report on stdout, progress and questions on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from landed.core.errors import NeedsConfirmation
from landed.core.given import Given
from landed.report.formats import JSON, TEXT, render
from landed.report.page import Page
from landed.report.terminal import finished, mask_with, put, say, say_lines

if TYPE_CHECKING:
    from landed.report.reports import Report

__all__ = ["confirm", "live", "progress", "say", "say_lines", "show", "show_part", "tell", "typed"]

_QUIET_SECONDS = 1.0


def _redacted(text: str) -> str:
    from landed.cli.redaction import redact

    return redact(text)


def _masked(text: str) -> str:
    from landed.cli.redaction import masked

    return masked(text)


# Whoever speaks has come through here.
mask_with(_redacted, _masked)


class Asked(Protocol):
    """What the user asked for: the format of the report, and options to repeat in commands."""

    @property
    def format(self) -> str:
        """One of the formats."""

    @property
    def command(self) -> Given:
        """What puts the user's options into a command."""


def show(asked: Asked, report: Report, command_for: Callable[[str], Given] | None = None) -> None:
    """Write a report on stdout, in the format asked for.

    ``command_for`` shows commands for one of several targets, by its name.
    """
    _render(report, asked.format, Page(sys.stdout, sys.stderr, asked.command, command_for or _same(asked)))


def live(asked: Asked) -> bool:
    """Whether people read the report while it is made; others get one document in the end."""
    return asked.format == TEXT


def show_part(asked: Asked, report: Report) -> None:
    """Write on stdout what is known already, for people; a document has all of it in the end."""
    if live(asked):
        show(asked, report)


def tell(asked: Asked, report: Report, *, always: bool = False) -> None:
    """Say on stderr what happens before a command is done; ``always``: also where a program reads."""
    if always or asked.format != JSON:
        _render(report, TEXT, Page(sys.stderr, sys.stderr, asked.command, _same(asked)))


def _same(asked: Asked) -> Callable[[str], Given]:
    return lambda _: asked.command


def _render(report: Report, format: str, page: Page) -> None:
    render(report, format, page)


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


def confirm(question: str, *, yes: bool, again: str, plan: Report) -> None:
    """Ask for consent; ``again`` is the command to run with it, ``plan`` what would be done. Never defaults
    to yes.

    Raises NeedsConfirmation when the answer is no, or when there is nobody to ask.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        said = "Nothing was changed: this needs your consent and there is no terminal to ask on."
    elif click.confirm(finished(question), default=False, err=True):
        return
    else:
        said = "Nothing was changed."
    error = NeedsConfirmation(said, next=again)
    error.plan = plan
    raise error


def typed(question: str) -> str:
    """What the user types as an answer, without spaces around it."""
    answer: str = click.prompt(finished(question), default="", show_default=False, err=True)
    return answer.strip()
