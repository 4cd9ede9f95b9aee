"""landed status, landed verify."""

from __future__ import annotations

import sys

import click

from landed.cli.options import Common, command
from landed.cli.output import emit_json, progress


@command()
@click.option(
    "--all", "everything", is_flag=True, help="List every file, also long runs of unremarkable ones."
)
def status(common: Common, everything: bool) -> None:
    """Show where every migration stands: what the ledger claims beside what the schema proves.

    Reads only; not even the database file is created. Replays the files in a throw-away database,
    compares what they do with the live schema, and names for each migration the facts that do not
    hold and the next command. Exits 0 whenever it could judge everything, whatever it found; use
    verify for a yes or no.
    """
    from landed.ops.examine import examine

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    if common.json:
        from landed.report.json_status import status_json

        emit_json(status_json(exam, common.command))
        return
    from landed.report.status_text import render_status

    render_status(exam, sys.stdout, common.command, everything=everything)


@command()
@click.option("--strict", is_flag=True, help="Fail on migrations that nothing can prove, too.")
def verify(common: Common, strict: bool) -> int:
    """Say yes or no: does the schema hold what the history claims?

    Exits 1 when a migration is phantom, torn, edited, recorded twice or recorded without a file.
    What nothing can prove (assumed) is named, and fails only with --strict. Files that are still
    to run, and objects that no migration made, do not fail it. Reads only.
    """
    from landed.ops.examine import examine
    from landed.ops.verify import verdict_of

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    result = verdict_of(exam, strict=strict)
    if common.json:
        from landed.report.json_status import status_json

        emit_json(
            status_json(exam, common.command)
            | {
                "command": "verify",
                "proven": result.proven,
                "failed": list(result.failed),
                "assumed": list(result.assumed),
            }
        )
    else:
        from landed.report.verify_text import render_verify

        render_verify(exam, result, sys.stdout, common.command)
    return 0 if result.proven else 1
