"""landed rehearse."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from landed.cli.options import Common, command
from landed.cli.output import progress, say, show, show_part
from landed.core.errors import UsageError

if TYPE_CHECKING:
    from landed.ops.rehearse_data import DataRehearsal
    from landed.ops.workspace import Workspace


@command()
@click.option("--all", "everything", is_flag=True, help="Show what every file does, also in a long history.")
@click.option("--strict", is_flag=True, help="Exit 1 for what depends on the data, too.")
@click.option(
    "--with-data",
    is_flag=True,
    help="Also run what is pending on a full copy of the local database, exactly as apply would.",
)
@click.option(
    "--allow", multiple=True, metavar="LOSS", help="With --with-data: allow one loss by name, as for apply."
)
def rehearse(common: Common, everything: bool, strict: bool, with_data: bool, allow: tuple[str, ...]) -> int:
    """Replay all files in a throw-away database, with rows in every table.

    An empty database hides the worst: rebuilds that delete the rows of other tables, references that
    break, statements that fail as soon as there is data. Every file runs twice, without rows and
    with a made-up row in each table that it can reach, and landed reports what fails, which rows
    disappear and which values change, other than by a DELETE or UPDATE that says so. What only
    fails because of the made-up values is told apart. On Postgres it also says which locks each
    statement takes on tables that were there, and whether it rewrites or reads them whole, as measured.
    Needs no database: a folder with migrations is enough. Exits 1 when anything was found; locks are
    no finding.
    """
    from landed.ops.rehearse import rehearse as run
    from landed.ops.rehearse_source import open_files
    from landed.report.reports import Rehearse

    if allow and not with_data:
        raise UsageError("--allow is for --with-data: without it nothing but made-up rows can be lost.")
    flags = common.flags
    workspace = open_files(Path(common.project or "."), common.one_target(), flags)
    if with_data:
        workspace.engine.copied()
    with progress("rehearsing") as tick:
        result = run(workspace, progress=tick)
    report = Rehearse(workspace, result, everything=everything)
    data = None
    if with_data:
        show_part(common, report)
        data = _with_data(workspace, allow)
    show(common, report._replace(data=data))
    found = bool(result.found) or (data is not None and data.found) or (strict and bool(result.weak))
    return 1 if found else 0


def _with_data(workspace: Workspace, allow: tuple[str, ...]) -> DataRehearsal:
    from landed.core.applied import Consent
    from landed.ops.examine import examine
    from landed.ops.rehearse_data import rehearse_with_data

    def copied(size: int, folder: Path) -> None:
        say(f"landed: copied {size:,} bytes to {folder}; running what is pending there", sys.stderr)

    with progress("replaying") as tick:
        exam = examine(workspace, progress=tick)
    with _terminating_orderly():
        return rehearse_with_data(exam, Consent(frozenset(allow)), on_copy=copied)


@contextmanager
def _terminating_orderly() -> Iterator[None]:
    """SIGTERM and SIGHUP end the process as an exception does, so that the copy is taken away."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signals = [s for s in (signal.SIGTERM, getattr(signal, "SIGHUP", None)) if s is not None]
    before = [(s, signal.signal(s, end)) for s in signals]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
