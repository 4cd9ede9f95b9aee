"""A trial on a hosted database of its own, as text: what would be made, what was seen, what is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.next import Next
from landed.ops.selftest import Left, Shown, TrialPlan, Tried
from landed.report.page import Page
from landed.report.reports import Removed, SelfTest
from landed.report.terminal import say
from landed.report.text.style import paint, symbols

_MARKS = {True: ("good", "green"), False: ("bad", "red"), None: ("open", "yellow")}


def render_plan(plan: TrialPlan, out: IO[str], command: Callable[[str], str]) -> None:
    """Write which database would be made, where, by whom, and what for."""
    name = f"  {plan.account_name}" if plan.account_name else ""
    say(f"{paint(plan.platform, 'bold', out)} (REMOTE)", out)
    say(f"  account   {plan.account}{name}", out)
    say(f"  asked as  {plan.who}", out)
    say(f"  database  {plan.name}: made, tried, and deleted again", out)
    say("  It is to show:", out)
    for proof in plan.proofs:
        say(f"    - {proof}", out)
    for left in plan.left:
        _left(left, "left by an earlier run", out, command)


def render_done(done: Tried, out: IO[str], command: Callable[[str], str]) -> None:
    """Write what was seen, and what became of the database."""
    for one in done.shown:
        _shown(one, out)
    if done.interrupted:
        say("Interrupted: the rest was not tried.", out)
    good = sum(one.holds is True for one in done.shown)
    say(f"{good} of {len(done.shown)} are as expected.", out)
    if done.left is None:
        say(f"{done.plan.name} ({done.id}) was deleted.", out)
    else:
        _left(done.left, "could not be deleted", out, command)
    if done.answers is not None:
        say(f"What the server said, without what tells whose it is: {done.answers}", out)


def render_removed(left: Left, out: IO[str], *, done: bool) -> None:
    """Write which database goes, or is gone."""
    place = f"{left.name} ({left.id}), made {left.made} in the account {left.account}"
    say(f"Deleted: {place}" if done else f"To be deleted: {place}", out)


def _shown(one: Shown, out: IO[str]) -> None:
    mark, style = _MARKS[one.holds]
    say(f"  {paint(symbols(out)[mark], style, out)} {one.label}", out)
    say(f"      expected: {one.expected}; seen: {one.seen}", out)
    say(f"      {one.means}", out)


def _left(left: Left, why: str, out: IO[str], command: Callable[[str], str]) -> None:
    id = f" ({left.id})" if left.id else ""
    say(f"  {paint('warning', 'yellow', out)}: {left.name}{id} {why}.", out)
    say(f"    to delete it: {command(Next(left.remove))}", out)


def render(report: SelfTest | Removed, page: Page) -> None:
    """Write what would be done, or what came of it."""
    if isinstance(report, Removed):
        render_removed(report.left, page.out, done=report.done)
    elif report.done is None:
        render_plan(report.plan, page.out, page.command)
    else:
        render_done(report.done, page.out, page.command)
