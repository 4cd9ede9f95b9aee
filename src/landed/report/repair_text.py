"""Repairs of the ledger and the lock file as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.advice import shell_word
from landed.ops.examine import Examination
from landed.ops.lock import LockReport
from landed.ops.repair import RepairPlan
from landed.report.status_text import headline, too_many
from landed.report.style import symbols

_SIGNS = {"add": "+", "remove": "-", "rename": "~", "fetch": "+"}


def render_repair(exam: Examination, plan: RepairPlan, out: IO[str], command: Callable[[str], str]) -> None:
    """Write the changes with their proof, and what is left alone with the reason and what helps."""
    print(headline(exam), file=out)
    for change in plan.changes:
        new = f" → {change.new_name}" if change.new_name else ""
        print(f"  {_SIGNS[change.action]} {change.action} {change.name}{new}", file=out)
        print(f"      {change.proof}", file=out)
    hidden = frozenset(too_many(exam))
    for name, why in plan.refused:
        if name not in hidden:
            print(f"  . left alone: {name}: {why}", file=out)
            found = exam.judgement(name)
            if found is not None and found.next:
                print(f"      {symbols(out)['arrow']} {command(found.next)}", file=out)
    left = sum(name in hidden for name, _ in plan.refused)
    if left:
        print(f"  . left alone: … and {left} more rows without a file (--json shows all)", file=out)
    if not plan.changes and plan.fetches:
        print("No file is to be written.", file=out)
    elif not plan.changes:
        print(
            "The ledger needs no repair." if not plan.refused else "Nothing can be repaired by proof.",
            file=out,
        )


def render_lock(report: LockReport, out: IO[str], *, check: bool) -> None:
    """Write what the lock file says more, or would."""
    for name in report.added:
        print(f"  + {name}", file=out)
    for name in report.replaced:
        print(f"  ~ {name}", file=out)
    for name in report.edited:
        print(
            f"  x {name}  edited after it was applied; accept it with: "
            f"landed lock --accept {shell_word(name)}",
            file=out,
        )
    words = ("missing", "to be replaced") if check else ("added", "replaced")
    counts = zip((len(report.added), len(report.replaced)), words, strict=True)
    changed = [f"{n} {'entry' if n == 1 else 'entries'} {verb}" for n, verb in counts if n]
    if changed:
        unwritten = "; run: landed lock" if check else ""
        print(f"{report.path}: {', '.join(changed)}, {report.kept} as before{unwritten}.", file=out)
    elif report.edited:
        print(f"{report.path} was left as it is: it says what was applied.", file=out)
    else:
        entries = "entry" if report.kept == 1 else "entries"
        print(f"{report.path} is up to date ({report.kept} {entries}).", file=out)
