"""landed repair, landed lock."""

from __future__ import annotations

import sys

import click

from landed.cli.options import Common, command
from landed.cli.output import confirm, progress, say, show, tell
from landed.core.next import STATUS, Next, landed


@command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--reason",
    metavar="TEXT",
    help="Why a named migration that nothing proves is to be changed all the same.",
)
@click.option(
    "--fetch", is_flag=True, help="Write the files that rows have lost, from the SQL in Supabase's ledger."
)
@click.option("--yes", "-y", is_flag=True, help="Consent without being asked.")
@click.option("--dry-run", is_flag=True, help="Print the changes and change nothing.")
def repair(
    common: Common, names: tuple[str, ...], reason: str | None, fetch: bool, yes: bool, dry_run: bool
) -> None:
    """Make the ledger say what the schema proves.

    Adds rows for migrations that are there but not recorded, removes rows of migrations that are
    recorded but not there, renames rows of files that were renamed, and shows the proof for each.
    Runs no SQL of yours. A migration that ran half-way is refused (use resume), and so is one that
    nothing can prove, unless you name it and give a reason. With --fetch the ledger stays as it is,
    and files are written: those of rows without a file whose SQL the ledger holds.
    """
    from landed.ops.examine import examine
    from landed.ops.repair import plan_fetch, plan_repair, run_repair
    from landed.report.place import named
    from landed.report.reports import Repair, WayBack

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    plan = plan_fetch(exam, names) if fetch else plan_repair(exam, names, reason=reason)
    again = landed("repair", *names, fetch=fetch, reason=None if fetch else reason, yes=True)
    planned = Repair(exam, plan, fetch, again=Next(again) if plan.changes else None)
    if dry_run or not plan.changes:
        show(common, planned)
        return
    tell(common, planned)
    where = named(exam.workspace.spec, exam.workspace.project.start)
    ask = "Write these files?" if fetch else f"Change the ledger of {where}?"
    confirm(ask, yes=yes, again=again, plan=planned)
    undo = run_repair(exam, plan, on_undo=lambda point: tell(common, WayBack(point)))
    show(common, Repair(exam, plan, fetch, done=True, undo=undo, again=Next(STATUS) if fetch else None))


@command()
@click.option(
    "--accept", multiple=True, metavar="NAME", help="Take an edited file's present SQL as what was applied."
)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if the lock file is not up to date.")
def lock(common: Common, accept: tuple[str, ...], check: bool) -> int:
    """Write down the SQL under which files were applied, so that later edits are seen.

    D1's history table holds names only, Supabase's also the SQL. The lock file (commit it) holds one
    hash per applied file, taken over its SQL without comments and white space. apply keeps it up to
    date; run this once for files that were applied before. With --check, files that are no longer
    what the lock file says are found even where there is no database, as in CI; a lock file that
    is not there fails, too.
    """
    from landed.core.errors import CannotKnow
    from landed.ops.examine import examine
    from landed.ops.lock import check_files, plan_lock
    from landed.report.reports import Lock

    workspace = common.workspace()
    exam, digests = None, dict[str, str]()
    try:
        with progress("replaying") as tick:
            exam = examine(workspace, progress=tick)
        report, digests = plan_lock(exam, accept)
    except CannotKnow as error:
        # In a checkout of a Supabase project nothing runs where supabase:local would be.
        if not (check and workspace.spec.is_server and workspace.spec.locality == "LOCAL"):
            raise
        say(f"No database was asked: {error.message}. Only edits can be seen.", sys.stderr)
        report = check_files(workspace)
    if (digests or report.absent) and not check:
        workspace.write_lock(digests)
    show(common, Lock(workspace, exam, report, check))
    return 1 if report.edited or (check and (digests or report.absent)) else 0
