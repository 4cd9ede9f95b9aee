"""doctor's report for people: one line per check, what is wrong below it."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Callable
from typing import IO

from landed.core.check import Check, Level
from landed.core.next import lines
from landed.core.printable import escaped
from landed.ops.doctor import Diagnosis
from landed.report.page import Page
from landed.report.reports import Doctor
from landed.report.terminal import say
from landed.report.text.style import paint, symbols

_MARKS = {
    Level.GOOD: ("good", "green"),
    Level.NOTE: ("wait", "blue"),
    Level.WARNING: ("open", "yellow"),
    Level.ERROR: ("bad", "red"),
}
_TITLES = {
    "configuration": "Configuration",
    "database": "Database",
    "contact": "First contact",
    "ledger": "Ledger",
    "migrations": "Migrations",
    "landed": "landed",
}


_QUOTED = re.compile(r"""(?<=[\s=(])(?:'[^']*'|"[^"]*")+(?=[\s),;.]|$)""")
_SPACE = "\0"
"""In place of a space at which a line may not be broken."""


def render_doctor(diagnosis: Diagnosis, out: IO[str], command: Callable[[str], str]) -> None:
    """Write all checks, grouped, then how many are wrong."""
    width = max(min(shutil.get_terminal_size((100, 24)).columns, 120), 40) if out.isatty() else 100
    label = max(len(check.label) for check in diagnosis.checks)
    for area, title in _TITLES.items():
        checks = [check for check in diagnosis.checks if check.area == area]
        if not checks:
            continue
        say(paint(title, "bold", out), out)
        for check in checks:
            _check(check, out, label, width, command)
        say(out=out)
    errors, warnings = diagnosis.count(Level.ERROR), diagnosis.count(Level.WARNING)
    if errors:
        say(f"{_many(errors, 'error')}, {_many(warnings, 'warning')}.", out)
    elif warnings:
        say(f"Nothing stops landed; {_many(warnings, 'warning')}.", out)
    else:
        say("All right.", out)


def _check(check: Check, out: IO[str], label: int, width: int, command: Callable[[str], str]) -> None:
    mark, style = _MARKS[check.level]
    word = "" if check.level in (Level.GOOD, Level.NOTE) else f"{check.level}: "
    head = f"  {paint(symbols(out)[mark], style, out)} {check.label:<{label}}  "
    indent = " " * (label + 6)
    room = max(width - len(indent), 30)
    shown = _wrapped(check.value, room) if check.value else []
    origin = f"({check.origin})" if check.origin and check.origin != "measured" else ""
    if origin and shown and len(shown[-1]) + 2 + len(origin) <= room:
        shown[-1] += f"  {paint(origin, 'dim', out)}"
    elif origin:
        shown.append(paint(origin, "dim", out))
    told = lines(check.problem) if check.problem else []
    problems = [line for text in told for line in _wrapped(text, room - len(word))]
    shown += [
        (paint(word, style, out) if i == 0 else " " * len(word)) + line for i, line in enumerate(problems)
    ]
    if check.next:
        arrow = symbols(out)["arrow"]
        told = [part for text in lines(command(check.next)) for part in _command(text, room - len(arrow) - 1)]
        for i, line in enumerate(told):
            shown.append(f"{arrow if i == 0 else ' ' * len(arrow)} {line}")
    say(f"{head}{shown[0] if shown else ''}".rstrip(), out)
    for line in shown[1:]:
        say(f"{indent}{line}", out)


def _wrapped(text: str, width: int) -> list[str]:
    # A path that is longer than the line stays whole, so that it can be copied.
    shown = escaped(text)
    return textwrap.wrap(shown, width, break_long_words=False, break_on_hyphens=False) or [shown]


def _command(text: str, width: int) -> list[str]:
    """What to do next, folded, but within no quoted word of a command."""
    whole = _QUOTED.sub(lambda found: found.group().replace(" ", _SPACE), escaped(text))
    return [
        line.replace(_SPACE, " ")
        for line in textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False) or [whole]
    ]


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def render(report: Doctor, page: Page) -> None:
    """Write all checks."""
    render_doctor(report.diagnosis, page.out, page.command)
