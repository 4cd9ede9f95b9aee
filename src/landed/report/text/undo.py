"""Going back to a bookmark, as text: what would be lost, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.next import STATUS, landed
from landed.ops.undo import ROWS, Losses, Remembered, Undone, UndoPlan
from landed.report.page import Page
from landed.report.reports import Undo
from landed.report.terminal import say
from landed.report.text.style import paint

_LINES = 20
_OTHERS = 5


def render_plan(plan: UndoPlan, out: IO[str], command: Callable[[str], str], *, dry_run: bool) -> None:
    """Write to which moment the database would go back, and what that loses."""
    say(f"{plan.spec.label}  {plan.name}", out)
    if plan.asked_as:
        say(plan.asked_as, out)
    say(f"Back to bookmark {plan.bookmark}{_moment(plan)}", out)
    losses = plan.losses
    say(out=out)
    say(f"  {paint('Lost:', 'bold', out)}", out)
    lost = [f"recorded migration {name}" for name in losses.unrecorded] + list(losses.gone)
    _list([*lost, ROWS], "-", "red", out)
    back = [f"recorded migration {name}" for name in losses.recorded] + list(losses.back)
    if back or losses.changed:
        say(f"  {paint('As they were then:', 'bold', out)}", out)
        _list(back, "+", "green", out)
        _list(list(losses.changed), "~", "yellow", out)
    for note in _unknown(losses):
        say(f"  {paint('note', 'yellow', out)}: {note}", out)
    others = [e for e in reversed(plan.known) if e.bookmark != plan.bookmark]
    if others:
        say(out=out)
        say("  Other bookmarks that landed took:", out)
        for entry in others[:_OTHERS]:
            say(f"      {entry.bookmark}  {_before(entry)}", out)
    if dry_run:
        say(out=out)
        say("Dry run: nothing was changed.", out)
        say(f"Next: {command(landed('undo', bookmark=plan.bookmark))}", out)


def render_undone(done: Undone, out: IO[str], command: Callable[[str], str]) -> None:
    """Write what came of it, and the way forward again."""
    plan = done.plan
    rows = len(done.after.ledger or ())
    text = f"Restored {plan.name} to bookmark {plan.bookmark}"
    if plan.point is not None:
        text += "; read back: schema and ledger are what they were then"
    say(f"{text}. Recorded now: {rows}.", out)
    if done.note:
        say(f"  {paint('note', 'yellow', out)}: {done.note}", out)
    say(f"To go forward again: {command(landed('undo', bookmark=done.back))}", out)
    say(f"Next: {command(STATUS)}", out)


def _moment(plan: UndoPlan) -> str:
    if plan.timestamp:
        return f", the state of {plan.timestamp}"
    return f", taken {_before(plan.point)}" if plan.point else ""


def _before(entry: Remembered) -> str:
    files = f" ({entry.files[0]}{_more(len(entry.files) - 1)})" if entry.files else ""
    return f"{entry.when} before landed {entry.command}{files}"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _unknown(losses: Losses) -> list[str]:
    if not losses.ledger_known:
        return ["landed did not take this bookmark: what the database held then is seen only afterwards"]
    if not losses.schema_known:
        return ["which objects change cannot be known; the ledger rows are those dated after that moment"]
    return []


def _list(names: list[str], sign: str, style: str, out: IO[str]) -> None:
    shown = names if len(names) <= _LINES else [*names[: _LINES - 1], names[-1]]
    for name in shown:
        say(f"      {paint(sign, style, out)} {name}", out)
    if len(shown) < len(names):
        say(f"      … {len(names) - len(shown)} more (--json shows all)", out)


def render(report: Undo, page: Page) -> None:
    """Write what would be lost, or what came of it."""
    if report.done is None:
        render_plan(report.plan, page.out, page.command, dry_run=report.dry_run)
    else:
        render_undone(report.done, page.out, page.command)
