"""landed undo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from landed.cli.options import Common, command
from landed.cli.output import show, tell, typed
from landed.core.errors import NeedsConfirmation
from landed.core.next import STATUS, Command, Next, landed

if TYPE_CHECKING:
    from landed.ops.undo import UndoPlan


@command()
@click.option("--bookmark", metavar="BOOKMARK", help="Go back to this bookmark; the last one is the default.")
@click.option("--timestamp", metavar="TIME", help="Go back to this moment: 2026-01-31T12:00:00Z.")
@click.option("--yes", "-y", is_flag=True, help="Not enough alone: what is lost has to be named, too.")
@click.option("--dry-run", is_flag=True, help="Show what would be lost and change nothing.")
@click.option("--allow", multiple=True, metavar="LOSS", help="Name what is lost: restore:DATABASE.")
def undo(
    common: Common,
    bookmark: str | None,
    timestamp: str | None,
    yes: bool,
    dry_run: bool,
    allow: tuple[str, ...],
) -> None:
    """Set a remote D1 database back to a Time Travel bookmark.

    Restores the whole database, rows included, to the moment before landed's last writing command,
    or to the bookmark or time that you name. Shows first what would be lost: ledger rows and
    objects of the schema as far as landed saw them at that moment; rows written since, by anybody,
    are lost and cannot be listed. On a terminal the database's name has to be typed, elsewhere
    --yes --allow restore:DATABASE names the loss. A bookmark of the present is taken first, so that
    the restore can itself be undone; then the database is read back. Local databases have no Time
    Travel.
    """
    from landed.ops.undo import plan_undo, run_undo
    from landed.report.reports import Undo

    workspace = common.workspace()
    plan = plan_undo(workspace, bookmark=bookmark, timestamp=timestamp)
    again = landed("undo", bookmark=plan.bookmark, yes=True, allow=plan.allow)
    planned = Undo(plan, dry_run=dry_run, again=Next(again))
    if dry_run:
        show(common, planned)
        return
    tell(common, planned)
    try:
        _ask(plan, again, yes=yes, named=plan.allow in allow)
    except NeedsConfirmation as error:
        error.plan = planned
        raise
    show(common, Undo(plan, done=run_undo(workspace, plan), again=Next(STATUS)))


def _ask(plan: UndoPlan, again: Command, *, yes: bool, named: bool) -> None:
    name = plan.name
    if named and yes:
        return
    if named:
        raise NeedsConfirmation(
            "Nothing was changed: --allow names what is lost, --yes says that it may be.", next=again
        )
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NeedsConfirmation(
            f"Nothing was changed: restoring {name} loses every row written since, so that has to be named.",
            next=again,
        )
    if typed(f"Type the name of the database ({name}) to restore it") != name:
        raise NeedsConfirmation("Nothing was changed: that is not its name.", next=again)
