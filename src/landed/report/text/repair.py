"""Repairs of the ledger as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.next import STATUS
from landed.ops.examine import Examination
from landed.ops.repair import RepairPlan
from landed.report.heading import headline
from landed.report.page import Page
from landed.report.reports import Repair
from landed.report.standings import too_many
from landed.report.terminal import say, say_all
from landed.report.text.style import symbols

_SIGNS = {"add": "+", "remove": "-", "rename": "~", "fetch": "+"}


def render_repair(exam: Examination, plan: RepairPlan, out: IO[str], command: Callable[[str], str]) -> None:
    """Write the changes with their proof, and what is left alone with the reason and what helps."""
    say_all(headline(exam), out)
    for change in plan.changes:
        new = f" → {change.new_name}" if change.new_name else ""
        say(f"  {_SIGNS[change.action]} {change.action} {change.name}{new}", out)
        say(f"      {change.proof}", out)
    hidden = frozenset(too_many(exam))
    for name, why in plan.refused:
        if name not in hidden:
            say(f"  . left alone: {name}: {why}", out)
            found = exam.judgement(name)
            if found is not None and found.next:
                say(f"      {symbols(out)['arrow']} {command(found.next)}", out)
    left = sum(name in hidden for name, _ in plan.refused)
    if left:
        say(f"  . left alone: … and {left} more rows without a file (--json shows all)", out)
    if not plan.changes and plan.fetches:
        say("No file is to be written.", out)
    elif not plan.changes:
        say(
            "The ledger needs no repair." if not plan.refused else "Nothing can be repaired by proof.",
            out,
        )


def render(report: Repair, page: Page) -> None:
    """Write the changes, or that they are made."""
    if not report.done:
        render_repair(report.exam, report.plan, page.out, page.command)
        return
    count = len(report.plan.changes)
    if report.fetch:
        see = page.command(STATUS)
        say(f"{count} file{'s' * (count != 1)} written; the ledger is as it was. See: {see}", page.out)
    else:
        label = report.exam.workspace.spec.label
        say(f"{count} ledger row{'s' * (count != 1)} changed on {label}.", page.out)
