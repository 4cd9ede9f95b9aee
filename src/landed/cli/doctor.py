"""landed doctor."""

from __future__ import annotations

from pathlib import Path

import click

from landed.cli.options import Common, command
from landed.cli.output import show


@command()
@click.option("--remote", is_flag=True, help="Ask the hosted database what landed assumes of its platform.")
def doctor(common: Common, remote: bool) -> int:
    """Show the configuration in force, where it comes from, what is wrong.

    Says which configuration file, environment, database, address, ledger table, migrations folder,
    lock file and cache are in force and who decided so, looks at the database's health and at what
    this SQLite can do, or whether Postgres answers and what this login may do there, and names for
    everything that is wrong what to do. Works, and explains, where other commands stop. Reads only.
    With --remote it asks hosted D1, by requests that write nothing, what landed assumes of it, and
    keeps the answers on this machine.
    Exits 2 when the configuration is wrong, 3 when the database cannot be read.
    """
    from landed.ops.doctor import diagnose
    from landed.report.reports import Doctor

    flags = common.flags
    diagnosis = diagnose(Path(common.project or "."), common.one_target(), flags, remote=remote)
    show(common, Doctor(diagnosis))
    return diagnosis.exit_code
