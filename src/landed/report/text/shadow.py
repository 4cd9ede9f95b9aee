"""What shadow pull wrote, as text."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from landed.core.counting import plural
from landed.ops.shadow_pull import Pulled
from landed.report.page import Page
from landed.report.reports import Shadow
from landed.report.target import TargetInfo
from landed.report.terminal import say

_WHAT = {
    "base": "the schema that the migrations start from",
    "managed": "what the platform manages",
}


def render_pulled(spec: TargetInfo, pulled: Pulled, changed: Path | None, out: IO[str]) -> None:
    """Say what was written, whether it helps, and what is left to do."""
    lines = len(pulled.text.splitlines())
    say(f"{spec.label}: {_WHAT[pulled.kind]} is in {pulled.shown} ({plural(lines, 'line')}).", out)
    if pulled.failed_before is not None and pulled.failed_after is not None:
        before, after = plural(pulled.failed_before, "file"), pulled.failed_after
        say(f"Without it {before} cannot be replayed whole; with it {after}.", out)
    if pulled.lacks_managed:
        say("Files use what the platform's schemas have in this project only: landed shadow pull", out)
    if changed is not None:
        say(f"{changed.name} names it now: [shadow] {pulled.setting}", out)
    elif not pulled.set:
        for line in ("Name it in landed.toml (or give --yes):", "", "[shadow]", pulled.setting):
            say(line, out)


def render(report: Shadow, page: Page) -> None:
    """Write what was written."""
    render_pulled(report.spec, report.pulled, report.changed, page.out)
