"""landed exec."""

from __future__ import annotations

import sys

import click

from landed.cli.options import Common, command
from landed.cli.output import confirm, show, tell
from landed.core.errors import UsageError
from landed.core.next import Blank, Command, Hint, Next, landed


@command(report="execute", name="exec")
@click.argument("sql", required=False)
@click.option("--command", "-c", "text", metavar="SQL", help="The SQL, as wrangler d1 execute takes it.")
@click.option(
    "--file",
    "-f",
    "file",
    type=click.Path(),
    metavar="FILE",
    help="Read the SQL from a file; - is standard input.",
)
@click.option(
    "--param",
    "-p",
    multiple=True,
    metavar="VALUE",
    help="A value for the next ? in the statement ($1, $2, … on Postgres): 42, 1.5, NULL, x'00ff', 'text'; "
    "all else is text.",
)
@click.option("--yes", "-y", is_flag=True, help="Consent to writing without being asked.")
def exec_(
    common: Common,
    sql: str | None,
    text: str | None,
    file: str | None,
    param: tuple[str, ...],
    yes: bool,
) -> None:
    """Run one-off SQL on a target.

    SQL that only reads runs read-only and needs no consent; SQLite or the Postgres server itself
    says whether a statement writes. All that writes runs in one transaction, under D1's rules on a
    D1 database, and only with your consent. A database that does not exist is not created.
    """
    from landed.ops.execute import plan_execute, run_execute
    from landed.report.place import named
    from landed.report.reports import Exec, ExecOn, ExecPlan, WayBack

    given = [value for value in (sql, text, file) if value is not None]
    if len(given) != 1:
        raise UsageError(
            "give the SQL once: as argument, with --command or with --file"
            if given
            else "there is no SQL to run",
            next=Next(
                landed("exec", Hint("SELECT …")).afterwards(),
                ", or: ",
                landed("exec", file=Blank("FILE")).afterwards(),
            ),
        )
    source = None if file is None else ("standard input" if file == "-" else file)
    content = _read(file) if file is not None else given[0]
    workspace = common.workspace()
    tell(common, ExecOn(workspace))
    plan = plan_execute(workspace, content, param, source)
    if plan.writes:
        tell(common, ExecPlan(plan))
        confirm(
            f"Run this on {named(workspace.spec, workspace.project.start)}?",
            yes=yes,
            again=_again(given[0], file, text, param),
            plan=ExecPlan(plan),
        )
    show(common, Exec(run_execute(plan, on_undo=lambda undo: tell(common, WayBack(undo)))))


def _read(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                data = file.read()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not valid UTF-8 (byte offset {error.start})") from None


def _again(sql: str, file: str | None, text: str | None, parameters: tuple[str, ...]) -> Command:
    if file is not None:
        return landed("exec", file=file, param=parameters, yes=True)
    if text is not None:
        return landed("exec", command=sql, param=parameters, yes=True)
    return landed("exec", sql, param=parameters, yes=True)
