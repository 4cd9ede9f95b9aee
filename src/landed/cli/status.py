"""landed status, landed verify."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from landed.cli.options import Common, command
from landed.cli.output import emit_json, progress

if TYPE_CHECKING:
    from landed.ops.side_by_side import SideBySide


@command()
@click.option(
    "--all", "everything", is_flag=True, help="List every file, also long runs of unremarkable ones."
)
def status(common: Common, everything: bool) -> int:
    """Show where every migration stands: what the ledger claims beside what the schema proves.

    Reads only; not even the database file is created. Replays the files in a throw-away database,
    compares what they do with the live schema, and names for each migration the facts that do not
    hold and the next command. Exits 0 whenever it could judge everything, whatever it found; use
    verify for a yes or no. With several --target options, one table shows them side by side.
    """
    if len(common.targets) > 1:
        return _side_by_side(common, everything)
    from landed.ops.examine import examine

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    if common.json:
        from landed.report.json.status import status_json

        emit_json(status_json(exam, common.command))
        return 0
    from landed.report.text.status import render_status

    render_status(exam, sys.stdout, common.command, everything=everything)
    return 0


@command()
@click.option("--strict", is_flag=True, help="Fail on migrations that nothing can prove, too.")
def verify(common: Common, strict: bool) -> int:
    """Say yes or no: does the schema hold what the history claims?

    Exits 1 when a migration is phantom, partial, edited, recorded twice or recorded without a file.
    What nothing can prove (unprovable) is named, and fails only with --strict. Files that are still
    to run, and objects that no migration made, do not fail it. Reads only. With several --target
    options, all of them have to be proven.
    """
    if len(common.targets) > 1:
        return _verify_all(common, strict)
    from landed.ops.examine import examine
    from landed.ops.verify import verdict_of

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    result = verdict_of(exam, strict=strict)
    if common.json:
        from landed.report.json.status import status_json

        emit_json(
            status_json(exam, common.command)
            | {
                "command": "verify",
                "proven": result.proven,
                "failed": list(result.failed),
                "unprovable": list(result.unprovable),
            }
        )
    else:
        from landed.report.text.verify import render_verify

        render_verify(exam, result, sys.stdout, common.command)
    return 0 if result.proven else 1


def _examined(common: Common) -> SideBySide:
    from landed.ops.side_by_side import examine_all

    with progress("replaying") as tick:
        return examine_all([(t, common.of(t).workspace) for t in common.targets], progress=tick)


def _side_by_side(common: Common, everything: bool) -> int:
    together = _examined(common)
    if common.json:
        from landed.report.json.side_by_side import status_all_json

        emit_json(status_all_json(together, lambda t: common.of(t).command))
    else:
        from landed.report.text.side_by_side import render_side_by_side

        render_side_by_side(
            together,
            sys.stdout,
            lambda t: common.of(t).command,
            common.of("").command,
            everything=everything,
        )
    return together.exit_code


def _verify_all(common: Common, strict: bool) -> int:
    from landed.ops.verify import verdict_of

    together = _examined(common)
    answers = [verdict_of(look.exam, strict=strict) if look.exam else None for look in together.looks]
    if common.json:
        from landed.report.json.side_by_side import verify_all_json

        emit_json(verify_all_json(together, answers, lambda t: common.of(t).command))
    else:
        from landed.report.text.side_by_side import render_verify_all

        render_verify_all(together, answers, sys.stdout, lambda t: common.of(t).command)
    no = any(answer is not None and not answer.proven for answer in answers)
    return max(together.exit_code, 1 if no else 0)
