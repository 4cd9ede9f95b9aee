"""landed drift."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from landed.cli.options import Common, command
from landed.cli.output import emit_json, progress


@command()
@click.argument("a", default="files")
@click.argument("b", default="target")
def drift(common: Common, a: str, b: str) -> int:
    """Compare two schemas property by property: what the files make with what the target has.

    A and B are each one of: files (the schema that the migration files make in a throw-away
    database), target (the target in force), a target's name (d1:local/DB, sqlite:PATH) or the path
    of a SQLite file. Differences in writing are none: quoting, letter case of keywords, white space,
    the way in which a table came to its shape. History tables are left out. Reads only; exits 1
    when there is a difference.
    """
    from landed.ops.drift_sides import drift as run

    start = Path(common.project or ".")
    flags = {"env": common.env, "migrations": common.migrations, "persist_to": common.persist_to}
    with progress("replaying") as tick:
        result = run(start, (a, b), common.target, flags, progress=tick)
    if common.json:
        from landed.report.drift_json import drift_json

        emit_json(drift_json(result))
    else:
        from landed.report.drift_text import render_drift

        render_drift(result, start.absolute(), sys.stdout, common.command)
    return 1 if result.differences else 0
