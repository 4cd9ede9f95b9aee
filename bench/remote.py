"""Remote D1: requests and time of landed beside the real wrangler, both at the tests' stand-in.

The stand-in counts the requests and makes each take 100 ms longer, as the way to Cloudflare and back does.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from project import write_project

from support.clients.wrangler import environment, node, package

if TYPE_CHECKING:
    from measure import Bench

DELAY = 0.1
FILES = 50
LANDED = [sys.executable, "-m", "landed"]
TARGET = ["--target", "d1:remote/DB"]


def remote(bench: Bench, rounds: int) -> None:
    """Apply 50 files to an empty remote database, then ask what stands where, with both tools in turn."""
    from support.servers.d1_standin import StandIn

    wrangler = [str(node()), str(package("wrangler") / "bin" / "wrangler.js"), "d1", "migrations"]
    with StandIn(bench.folder / "standin", "bench", keep=False) as standin:
        home = environment(bench.folder / "remote-home")

        def one(name: str, words: list[str], folder: Path, environ: dict[str, str]) -> None:
            standin.inject()
            bench.take(name, words, folder, environ | standin.environ())
            bench.facts[f"requests of {name}"] = len(standin.requests)

        def both(turn: int, tool: str, apply: list[str], ask: list[str], environ: dict[str, str]) -> None:
            standin.delay = 0.0
            standin.database.wipe()
            standin.delay = DELAY
            project = write_project(bench.folder / f"remote-{tool}-{turn}", FILES)
            one(f"{tool} remote apply {FILES}", apply, project, environ)
            if len(standin.ledger()) != FILES or len(standin.tables()) != FILES:
                raise SystemExit(f"{tool} did not do the work")
            one(f"{tool} remote {'status' if tool == 'landed' else 'list'}", ask, project, environ)
            shutil.rmtree(project)

        for turn in range(rounds):
            cache = {"LANDED_CACHE_DIR": str(bench.folder / f"remote-cache-{turn}")}
            both(turn, "landed", [*LANDED, "apply", "--yes", *TARGET], [*LANDED, *TARGET, "status"], cache)
            both(turn, "wrangler", [*wrangler, "apply", "DB", "--remote"],
                 [*wrangler, "list", "DB", "--remote"], home)  # fmt: skip


def goals(bench: Bench, show: Callable[[str], None]) -> None:
    """The goals beside what was measured."""
    applied = f"remote apply {FILES}"
    if f"landed {applied}" not in bench.samples:
        return
    count = {name: int(str(value)) for name, value in bench.facts.items() if name.startswith("requests of")}
    for tool in ("landed", "wrangler"):
        total = count[f"requests of {tool} {applied}"]
        goal = " (goal at most 1)" if tool == "landed" else ""
        show(f"{tool}: {total} requests for {FILES} files, {total / FILES:.2f} per file{goal}")
    show(f"requests of landed remote status: {count['requests of landed remote status']} (goal at most 2)")
    ours, theirs = (bench.of(f"{tool} {applied}") for tool in ("landed", "wrangler"))
    share = ours.wall / theirs.wall
    show(
        f"landed / wrangler {applied}: {share:.2f} of the wall clock, {DELAY * 1000:.0f} ms away (goal 0.33)"
    )
