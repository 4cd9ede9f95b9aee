"""landed doctor."""

from __future__ import annotations

import sys
from pathlib import Path

from landed.cli.options import Common, command
from landed.cli.output import emit_json


@command()
def doctor(common: Common) -> int:
    """Show the configuration in force, where it comes from, what is wrong.

    Says which configuration file, environment, database, address, ledger table, migrations folder,
    lock file and cache are in force and who decided so, looks at the database's health and at what
    this SQLite can do, or whether Postgres answers and what this login may do there, and names for
    everything that is wrong what to do. Works, and explains, where other commands stop. Reads only.
    Exits 2 when the configuration is wrong, 3 when the database cannot be read.
    """
    from landed.ops.doctor import diagnose

    flags = common.flags
    diagnosis = diagnose(Path(common.project or "."), common.one_target(), flags)
    if common.json:
        from landed.report.json.doctor import doctor_json

        emit_json(doctor_json(diagnosis, common.command))
    else:
        from landed.report.text.doctor import render_doctor

        render_doctor(diagnosis, sys.stdout, common.command)
    return diagnosis.exit_code
