"""Plans and their execution as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.applied import Applied, UndoPoint
from landed.core.plan import Plan
from landed.ops.apply import ApplyReport
from landed.ops.examine import Examination
from landed.report.heading import headline
from landed.report.page import Page
from landed.report.planned import outcome, to_run, what_was_done
from landed.report.reports import Apply, FileDone, WayBack
from landed.report.terminal import say, say_all
from landed.report.text.style import paint, symbols

_LINES = 12
_FILES = 20


def render_plan(exam: Examination, plan: Plan, out: IO[str], verb: str, *, dry_run: bool) -> None:
    """Write what would be executed."""
    say_all(headline(exam), out)
    if not exam.state.present and plan.items:
        say("The database does not exist yet; it will be created.", out)
    for notice in plan.notices:
        say(f"  {paint('note', 'yellow', out)}: {notice}", out)
    if not plan.items:
        say("Nothing to apply." if verb == "apply" else "Nothing to resume.", out)
        return
    for item in plan.items[:_FILES]:
        say(out=out)
        say(f"  {paint(item.migration.name, 'bold', out)}  {to_run(item)}", out)
        most = len(item.changes) if item.verbatim else _LINES
        for line in item.changes[:most]:
            say(f"      {line}", out)
        if len(item.changes) > most:
            say(f"      … and {len(item.changes) - most} more", out)
    if len(plan.items) > _FILES:
        say(out=out)
        say(f"  … and {len(plan.items) - _FILES} more files", out)
    say(out=out)
    say(
        f"Plan for schema {plan.schema[:12]}: {len(plan.items)} file{'s' * (len(plan.items) != 1)}.",
        out,
    )
    if dry_run:
        say("Dry run: nothing was changed.", out)


def render_undo(undo: UndoPoint, out: IO[str], command: Callable[[str], str]) -> None:
    """Write the way back, before the first write and again at the end."""
    say(f"Time Travel bookmark of the moment before: {undo.bookmark}", out)
    say(f"  to go back: {command(undo.command)}", out)
    say(f"  or: {undo.platform_command}", out)


def render_done(plan: Plan, index: int, applied: Applied, out: IO[str]) -> None:
    """Write one line when a file is done."""
    width = len(str(len(plan.items)))
    already = applied.outcome == "already"
    mark = symbols(out)["wait"] if already else paint(symbols(out)["good"], "green", out)
    what = outcome(plan.items[index], applied)
    say(f"  {mark} {index + 1:>{width}}/{len(plan.items)} {applied.name}  {what}", out)


def render_report(report: ApplyReport, out: IO[str], command: Callable[[str], str]) -> None:
    """Write what was done."""
    say(what_was_done(report), out)
    if report.undo is not None:
        say(f"To go back to the moment before: {command(report.undo.command)}", out)


def render(report: Apply | FileDone | WayBack, page: Page) -> None:
    """Write the plan, one line of its execution, or what was done."""
    match report:
        case WayBack():
            render_undo(report.undo, page.out, page.command)
        case FileDone():
            render_done(report.plan, report.at, report.applied, page.out)
        case Apply() if report.done is not None:
            render_report(report.done, page.out, page.command)
        case Apply():
            render_plan(report.exam, report.plan, page.out, report.verb, dry_run=report.dry_run)
