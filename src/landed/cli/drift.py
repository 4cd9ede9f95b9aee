"""landed drift."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from landed.cli.options import Common, command
from landed.cli.output import progress, show
from landed.core.errors import UsageError
from landed.core.next import landed


@command()
@click.argument("a", default="files")
@click.argument("b", default="target")
def drift(common: Common, a: str, b: str) -> int:
    """Compare two schemas property by property: what the files make with what the target has.

    A and B are each one of: files (the schema that the migration files make in a throw-away
    database), target (the target in force), a target's name (d1:local/DB, sqlite:PATH,
    supabase:linked), a Postgres URL or the path of a SQLite file. Differences in writing are none:
    quoting, letter case of keywords, white space, the way in which a table came to its shape.
    History tables are left out. Reads only; exits 1 when there is a difference. Two --target options
    without A and B compare these two.
    """
    from landed.ops.drift_sides import drift as run
    from landed.report.reports import Drift

    names, target = (a, b), common.target
    if len(common.targets) > 1:
        names, target = _side_by_side(common.targets), None
    start = Path(common.project or ".")
    flags = common.flags
    with progress("replaying") as tick:
        result = run(start, names, target, flags, progress=tick)
    named = [name for name in names if name not in (None, "files", "target")]
    again = common.of(named[0]) if len(named) == 1 and named[0] and not target else common
    show(again, Drift(result, start.absolute()))
    return 1 if result.differences else 0


def _side_by_side(targets: tuple[str, ...]) -> tuple[str, str]:
    context = click.get_current_context()
    given = [n for n in ("a", "b") if context.get_parameter_source(n) is not ParameterSource.DEFAULT]
    if len(targets) != 2 or given:
        raise UsageError(
            "drift compares two: name them as A and B, or with two --target options and nothing else",
            next=landed("drift", *targets[:2]),
        )
    return targets[0], targets[1]
