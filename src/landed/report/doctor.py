"""doctor's report for people: one line per check, what is wrong below it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from typing import IO

from landed.ops.doctor import Check, Diagnosis, Level
from landed.report.style import paint, symbols

_MARKS = {
    Level.GOOD: ("good", "green"),
    Level.NOTE: ("wait", "blue"),
    Level.WARNING: ("open", "yellow"),
    Level.ERROR: ("bad", "red"),
}
_TITLES = {
    "configuration": "Configuration",
    "database": "Database",
    "ledger": "Ledger",
    "migrations": "Migrations",
    "landed": "landed",
}


def render_doctor(diagnosis: Diagnosis, out: IO[str], command: Callable[[str], str]) -> None:
    """Write all checks, grouped, then how many are wrong."""
    width = max(min(shutil.get_terminal_size((100, 24)).columns, 120), 40) if out.isatty() else 100
    label = max(len(check.label) for check in diagnosis.checks)
    for area, title in _TITLES.items():
        checks = [check for check in diagnosis.checks if check.area == area]
        if not checks:
            continue
        print(paint(title, "bold", out), file=out)
        for check in checks:
            _check(check, out, label, width, command)
        print(file=out)
    errors, warnings = diagnosis.count(Level.ERROR), diagnosis.count(Level.WARNING)
    if errors:
        print(f"{_many(errors, 'error')}, {_many(warnings, 'warning')}.", file=out)
    elif warnings:
        print(f"Nothing stops landed; {_many(warnings, 'warning')}.", file=out)
    else:
        print("All right.", file=out)


def _check(check: Check, out: IO[str], label: int, width: int, command: Callable[[str], str]) -> None:
    mark, style = _MARKS[check.level]
    word = "" if check.level in (Level.GOOD, Level.NOTE) else f"{check.level}: "
    head = f"  {paint(symbols(out)[mark], style, out)} {check.label:<{label}}  "
    indent = " " * (label + 6)
    room = max(width - len(indent), 30)
    lines = _wrapped(check.value, room) if check.value else []
    origin = f"({check.origin})" if check.origin and check.origin != "measured" else ""
    if origin and lines and len(lines[-1]) + 2 + len(origin) <= room:
        lines[-1] += f"  {paint(origin, 'dim', out)}"
    elif origin:
        lines.append(paint(origin, "dim", out))
    problems = [
        line for text in (check.problem or "").splitlines() for line in _wrapped(text, room - len(word))
    ]
    lines += [
        (paint(word, style, out) if i == 0 else " " * len(word)) + line for i, line in enumerate(problems)
    ]
    if check.next:
        arrow = symbols(out)["arrow"]
        for i, line in enumerate(_wrapped(command(check.next), room - len(arrow) - 1)):
            lines.append(f"{arrow if i == 0 else ' ' * len(arrow)} {line}")
    print(f"{head}{lines[0] if lines else ''}".rstrip(), file=out)
    for line in lines[1:]:
        print(f"{indent}{line}", file=out)


def _wrapped(text: str, width: int) -> list[str]:
    # A path that is longer than the line stays whole, so that it can be copied.
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [text]


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
