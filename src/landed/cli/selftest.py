"""landed selftest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from landed.cli.options import Common, command
from landed.cli.output import confirm, progress, say, show, tell
from landed.core.errors import NeedsConfirmation, UsageError
from landed.core.next import Next, landed


@command()
@click.option("--create-database", is_flag=True, help="Make a database, try it, and delete it again.")
@click.option("--account", metavar="ID", help="The account that was shown, to say yes without a terminal.")
@click.option("--delete", metavar="ID", help="Delete the database that an earlier run left behind.")
@click.option("--yes", "-y", is_flag=True, help="Not enough alone: the account has to be named, too.")
def selftest(
    common: Common, create_database: bool, account: str | None, delete: str | None, yes: bool
) -> int:
    """Try landed on a hosted database of its own.

    Makes a D1 database named landed-selftest-… in the account that it shows and asks about, and shows
    there what no local database can: that a batch is all or nothing, that triggers arrive whole, that
    a rebuild which would lose rows is refused, that two runners do no harm, which sizes are taken,
    that a bookmark brings everything back. Then it deletes the database, by the id that its own create
    call returned and nothing else; that id is kept in a file before anything more is sent. What the
    server said is saved, without what tells whose it is. Touches no other database.
    """
    if create_database == bool(delete):
        raise UsageError(
            "selftest makes a hosted database, or deletes the one that it left: that has to be said.",
            next=Next(landed("selftest", create_database=True), "   (asks before it does)"),
        )
    common.one_target()
    if delete:
        return _delete(common, delete, yes=yes)
    return _create(common, account, yes=yes)


def _create(common: Common, account: str | None, *, yes: bool) -> int:
    from landed.ops.selftest import plan_selftest, run_selftest
    from landed.report.reports import SelfTest

    trial, plan = plan_selftest(
        Path(common.project or "."), common.flags, notify=lambda text: say(text, sys.stderr), account=account
    )
    again = landed("selftest", create_database=True, account=plan.account, yes=True)
    planned = SelfTest(plan, again=Next(again))
    tell(common, planned)
    if yes and account is None:
        error = NeedsConfirmation("Nothing was made: --yes is not enough, name the account, too.", next=again)
        error.plan = planned
        raise error
    confirm(f"Make {plan.name} in this account, try it, and delete it?", yes=yes, again=again, plan=planned)
    with progress("Trying") as tick:
        done = run_selftest(trial, plan, tick)
    show(common, SelfTest(plan, done))
    return done.exit_code


def _delete(common: Common, id: str, *, yes: bool) -> int:
    from landed.ops.selftest import find_left
    from landed.report.reports import Removed

    trial, left = find_left(
        id, Path(common.project or "."), common.flags, notify=lambda text: say(text, sys.stderr)
    )
    again = landed("selftest", delete=left.id, yes=True)
    planned = Removed(left, again=Next(again))
    tell(common, planned)
    confirm(f"Delete {left.name}?", yes=yes, again=again, plan=planned)
    trial.remove(left)
    show(common, Removed(left, done=True))
    return 0
