"""landed shadow."""

from __future__ import annotations

import click

from landed.cli.options import Common, command
from landed.cli.output import confirm, progress, show
from landed.core.next import landed


@command()
@click.argument("action", type=click.Choice(["pull"]))
@click.option(
    "--base", is_flag=True, help="The schema that the history starts from, instead of the platform's part."
)
@click.option(
    "--yes", "-y", is_flag=True, help="Replace a file that is there, and name it in landed.toml, unasked."
)
def shadow(common: Common, action: str, base: bool, yes: bool) -> None:
    """Take what shadows start from out of the live database (Postgres and Supabase).

    Shadows of a Supabase project start from landed's own picture of what the platform manages. shadow
    pull writes the real shape of it into a SQL file: schemas, tables, functions and privileges of
    auth, storage, realtime and the like, without rows. With --base, it writes the schema that the
    migrations start from, for histories that do not begin at an empty database: what the database
    has and no file makes. Reads the database only; commit the file.
    """
    from landed.ops.shadow_pull import pull_base, pull_managed, write
    from landed.report.reports import Shadow

    workspace = common.workspace()
    with progress("replaying") as tick:
        pulled = pull_base(workspace, progress=tick) if base else pull_managed(workspace)
    if pulled.differs:
        again = landed("shadow", action, base=base, yes=True)
        planned = Shadow(workspace.spec, pulled, None)
        confirm(f"Replace {pulled.shown}?", yes=yes, again=again, plan=planned)
    changed = write(workspace, pulled, settings=yes)
    show(common, Shadow(workspace.spec, pulled, changed))
