"""The lock file as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.next import LOCK, Next, landed
from landed.ops.lock import LockReport
from landed.report.page import Page
from landed.report.reports import Lock
from landed.report.terminal import say, say_next


def render_lock(report: LockReport, out: IO[str], command: Callable[[str], str], *, check: bool) -> None:
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
    if check and report.absent:
        _absent(report, out, command)
        return
    words = ("missing", "to be replaced") if check else ("added", "replaced")
    counts = zip((len(report.added), len(report.replaced)), words, strict=True)
    changed = [f"{n} {'entry' if n == 1 else 'entries'} {verb}" for n, verb in counts if n]
    if changed:
        unwritten = "; run: landed lock" if check else ""
        say(f"{report.path}: {', '.join(changed)}, {report.kept} as before{unwritten}.", out)
    elif report.edited:
        say(f"{report.path} was left as it is: it says what was applied.", out)
    elif report.absent and not report.kept:
        say(f"{report.path} was written. It has no entry yet: nothing is recorded.", out)
    else:
        entries = "entry" if report.kept == 1 else "entries"
        say(f"{report.path} is up to date ({report.kept} {entries}).", out)


def _absent(report: LockReport, out: IO[str], command: Callable[[str], str]) -> None:
    say(f"{report.path} does not exist: nothing here says under which SQL the files were applied.", out)
    if report.added:
        entries = "1 entry" if len(report.added) == 1 else f"{len(report.added)} entries"
        say(f"It would get {entries}.", out)
    say_next(command(Next(LOCK, "   (where the database is; then commit the file)")), out)


def render(report: Lock, page: Page) -> None:
    """Write what the lock file says more."""
    render_lock(report.report, page.out, page.command, check=report.check)
