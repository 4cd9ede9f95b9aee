"""Repairs of the ledger and the lock file as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.next import landed
from landed.ops.examine import Examination
from landed.ops.lock import LockReport
from landed.ops.repair import RepairPlan
from landed.report.status_text import headline, too_many
from landed.report.style import symbols
from landed.report.terminal import say, say_all

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


def render_lock(report: LockReport, out: IO[str], *, check: bool) -> None:
    """Write what the lock file says more, or would."""
    for name in report.added:
        say(f"  + {name}", out)
    for name in report.replaced:
        say(f"  ~ {name}", out)
    for name in report.edited:
        say(
            f"  x {name}  edited after it was applied; accept it with: {landed('lock', accept=name)}",
            out,
        )
    words = ("missing", "to be replaced") if check else ("added", "replaced")
    counts = zip((len(report.added), len(report.replaced)), words, strict=True)
    changed = [f"{n} {'entry' if n == 1 else 'entries'} {verb}" for n, verb in counts if n]
    if changed:
        unwritten = "; run: landed lock" if check else ""
        say(f"{report.path}: {', '.join(changed)}, {report.kept} as before{unwritten}.", out)
    elif report.edited:
        say(f"{report.path} was left as it is: it says what was applied.", out)
    else:
        entries = "entry" if report.kept == 1 else "entries"
        say(f"{report.path} is up to date ({report.kept} {entries}).", out)
