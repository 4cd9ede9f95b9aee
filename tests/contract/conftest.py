"""Targets that stay up for all promises, and a list of what cannot be tried, each with its reason."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.servers.d1_standin import StandIn
from support.worlds.promises import PROMISES, TARGETS, reason
from support.worlds.targets import LocalD1, Place, Postgres, RemoteD1, SqliteFile, Supabase

Make = Callable[[Path], Place]


@pytest.fixture(scope="module")
def places(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Make]]:
    """What makes a project on a target. What is started for one stays up for all promises."""

    def server(*which: Any) -> ShadowServer:
        # Asked for only where it is needed: whoever leaves servers out starts none.
        found: ShadowServer = request.getfixturevalue("pg_server")(*which)
        return found

    with contextlib.ExitStack() as running:
        makers: dict[str, Make] = {"sqlite-file": SqliteFile, "d1-local": LocalD1}

        def maker(target: str) -> Make:
            if target == "d1-remote":
                standin = running.enter_context(StandIn(tmp_path_factory.mktemp("hosted"), keep=False))
                return lambda folder: RemoteD1(folder, standin)
            if target == "supabase":
                running.enter_context(server_for(18, baseline=supabase()))
                hosting = server(18, supabase())
                return lambda folder: Supabase(folder, hosting)
            major = int(target.rpartition("-")[2])
            running.enter_context(server_for(major))
            anybodys = server(major)
            return lambda folder: Postgres(folder, anybodys)

        def place(target: str) -> Make:
            if target not in makers:
                makers[target] = maker(target)
            return makers[target]

        yield place


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """``promise: targets (reason)``, below the results."""
    terminalreporter.section(f"contract: {len(PROMISES)} promises, {len(TARGETS)} targets; not tried")
    for promise in PROMISES:
        without: dict[str, list[str]] = {}
        for target in TARGETS:
            if why := reason(promise, target):
                without.setdefault(why, []).append(target)
        for why, targets in without.items():
            terminalreporter.line(f"{promise['name']}: not on {', '.join(targets)} ({why})")
