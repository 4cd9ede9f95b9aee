"""landed status, landed verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from landed.cli.options import Common, command, targets_argument
from landed.cli.output import progress, show

if TYPE_CHECKING:
    from landed.ops.side_by_side import SideBySide


@command()
@targets_argument
@click.option(
    "--all", "everything", is_flag=True, help="List every file, also long runs of unremarkable ones."
)
def status(common: Common, where: tuple[str, ...], everything: bool) -> int:
    """Show where every migration stands: what the ledger claims beside what the schema proves.

    Reads only; not even the database file is created. Replays the files in a throw-away database,
    compares what they do with the live schema, and names for each migration the facts that do not
    hold and the next command. Exits 0 whenever it could judge everything, whatever it found; use
    verify for a yes or no. TARGET is the same as --target; with several, one table shows them side
    by side.
    """
    common.look_at(where)
    if len(common.targets) > 1:
        return _side_by_side(common, everything)
    from landed.ops.examine import examine
    from landed.report.reports import Status

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    show(common, Status(exam, everything))
    return 0


@command()
@targets_argument
@click.option("--strict", is_flag=True, help="Fail on what nothing can prove, too.")
@click.option(
    "--complete", is_flag=True, help="Fail on files that are not recorded, and where nothing is recorded."
)
def verify(common: Common, where: tuple[str, ...], strict: bool, complete: bool) -> int:
    """Say yes or no: does the schema hold what the history claims?

    Exits 1 when a migration is phantom, partial, edited, recorded twice or recorded without a file.
    What nothing can prove (unprovable), and what a statement leaves that landed does not read, is
    named and fails only with --strict. Files that are still to run, and a history with nothing in it,
    fail only with --complete: the gate after a deployment. Objects that no migration made do not fail
    it. Names the statements that its proof does not rest on. Reads only. TARGET is the same as
    --target; with several, all of them have to be proven.
    """
    common.look_at(where)
    if len(common.targets) > 1:
        return _verify_all(common, strict, complete)
    from landed.ops.examine import examine
    from landed.ops.verify import verdict_of
    from landed.report.reports import Verify

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    answer = verdict_of(exam, strict=strict, complete=complete)
    show(common, Verify(exam, answer))
    return 0 if answer.proven else 1


def _examined(common: Common) -> SideBySide:
    from landed.ops.side_by_side import examine_all

    with progress("replaying") as tick:
        return examine_all([(t, common.of(t).workspace) for t in common.targets], progress=tick)


def _side_by_side(common: Common, everything: bool) -> int:
    from landed.report.reports import SideBySide

    together = _examined(common)
    report = SideBySide(together, everything=everything)
    show(common.of(""), report, lambda target: common.of(target).command)
    return together.exit_code


def _verify_all(common: Common, strict: bool, complete: bool) -> int:
    from landed.ops.verify import verdict_of
    from landed.report.reports import SideBySide

    together = _examined(common)
    answers = [
        verdict_of(look.exam, strict=strict, complete=complete) if look.exam else None
        for look in together.looks
    ]
    show(common.of(""), SideBySide(together, answers), lambda target: common.of(target).command)
    no = any(answer is not None and not answer.proven for answer in answers)
    return max(together.exit_code, 1 if no else 0)
