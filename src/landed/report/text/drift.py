"""A comparison of two schemas as text, grouped by table or view."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from landed.core.counting import plural
from landed.core.drift import Difference
from landed.core.drift import Drift as Compared
from landed.core.facts import EXISTS, FactKey
from landed.report.differences import collapsed, table_of
from landed.report.page import Page
from landed.report.place import shown_path
from landed.report.reports import Drift
from landed.report.terminal import say
from landed.report.text.style import paint, symbols


def render_drift(drift: Compared, start: Path, out: IO[str], command: Callable[[str], str]) -> None:
    """Write what differs: objects that one side lacks as one line each, other differences by property."""
    for letter, side in (("A", drift.a), ("B", drift.b)):
        place = shown_path(Path(side.place), start) if os.path.isabs(side.place) else side.place
        say(f"{letter}  {paint(side.label, 'bold', out)}  {place}", out)
        for note in side.notes:
            say(f"     {paint('note', 'yellow', out)}: {note}", out)
    if not drift.differences:
        say(out=out)
        say(f"No difference: {plural(drift.equal, 'fact')} compared.", out)
        _not_looked_at(drift, out)
        return
    shown = collapsed(drift)
    groups: dict[tuple[int, str], list[Difference]] = {}
    for difference in shown:
        groups.setdefault(_group(difference.key, drift), []).append(difference)
    for (_, title), members in sorted(groups.items()):
        say(out=out)
        say(f"{title}", out)
        for difference in members:
            say(f"  {_line(difference, drift, out)}", out)
    objects = len({d.key.object for d in shown})
    say(out=out)
    differ = f"{plural(objects, 'object')} {'differs' if objects == 1 else 'differ'}"
    say(f"{differ}, {plural(drift.equal, 'fact')} {'is' if drift.equal == 1 else 'are'} equal.", out)
    _not_looked_at(drift, out)
    for step in drift.next:
        say(f"Next: {command(step)}", out)


def _not_looked_at(drift: Compared, out: IO[str]) -> None:
    if drift.not_looked_at:
        say(paint(f"Not looked at: {', '.join(drift.not_looked_at)}.", "dim", out), out)


def _group(key: FactKey, drift: Compared) -> tuple[int, str]:
    table = table_of(key, drift)
    if not table:
        return 1, str(key.object)
    return 0, f"{_kind_of(table, drift)} {table}"


def _kind_of(name: str, drift: Compared) -> str:
    holders = drift.a.holders
    for kind in holders:
        fact = FactKey(kind, "", name, EXISTS)
        if fact in drift.a.facts or fact in drift.b.facts:
            return kind
    return "of" if holders else "table"


def _line(found: Difference, drift: Compared, out: IO[str]) -> str:
    key = found.key
    if key.prop == EXISTS:
        only, side = ("A", drift.a) if found.b is None else ("B", drift.b)
        sign = paint("-" if only == "A" else "+", "red" if only == "A" else "green", out)
        text = f"{sign} {key.object}: only in {only}, {side.label}"
    else:
        sign = paint("~", "yellow", out)
        values = f"{_value(found.a)} {symbols(out)['arrow']} {_value(found.b)}"
        text = f"{sign} {key.object}: differs: {key.prop}: {values}"
    return text + _made_by(found, drift, out)


def _made_by(found: Difference, drift: Compared, out: IO[str]) -> str:
    if found.made_by is None:
        return ""
    side = drift.a if drift.a.owners is not None else drift.b
    verb = "by" if side.facts.get(found.key) is not None else "removed by"
    text = f"{verb} {found.made_by.file}:{found.made_by.line}, statement {found.made_by.statement}"
    return f"  {paint(f'({text})', 'dim', out)}"


def _value(value: str | None) -> str:
    return "none" if value is None else value or "(empty)"


def render(report: Drift, page: Page) -> None:
    """Write what differs."""
    render_drift(report.drift, report.start, page.out, page.command)
