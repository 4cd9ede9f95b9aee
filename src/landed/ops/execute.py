"""exec: one-off SQL on a target, reading without consent, writing with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from landed.core.errors import Ambiguous, CannotKnow, Interrupted, UsageError
from landed.core.next import DOCTOR, Hint, landed
from landed.engines.base import UndoPoint
from landed.engines.sqlite.oneoff import Script, SqlValue
from landed.engines.sqlite.sql import split as dialect
from landed.ops.one_off import Executed, OneOff, warnings_of
from landed.ops.workspace import Workspace

if TYPE_CHECKING:
    from landed.engines.d1.target import RemoteD1Target
    from landed.engines.sqlite.target import SqliteTarget

# Leading zeros or a plus sign mark names, codes and telephone numbers rather than numbers.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})\Z")
_REAL = re.compile(r"-?((0|[1-9][0-9]*)\.[0-9]+|[1-9][0-9]*(?=[eE]))([eE][+-]?[0-9]{1,3})?\Z")
_BLOB = re.compile(r"[xX]'((?:[0-9a-fA-F]{2})*)'\Z")
_INT64 = 1 << 63


def plan_execute(
    workspace: Workspace, sql: str, parameters: Sequence[str] = (), source: str | None = None
) -> OneOff:
    """Compile one-off SQL against the target without running it; on Postgres, run what only reads.

    Raises UsageError for SQL without a statement or parameters that do not fit, CannotKnow when there
    is no database (none is created), NotProven for a statement that cannot be compiled.
    """
    if workspace.is_postgres:
        from landed.ops import execute_postgres

        return execute_postgres.plan(workspace, sql, parameters, source)
    statements = dialect.split(sql)
    if not statements:
        raise UsageError("there is no statement to run", next=landed("exec", Hint("SELECT …")).afterwards())
    if parameters and len(statements) > 1:
        raise UsageError(
            f"--param needs a single statement; there are {len(statements)}",
            next="Run them one by one.",
        )
    script = Script(statements, tuple(map(parameter, parameters)), source)
    target = cast("SqliteTarget | RemoteD1Target", workspace.target)
    if target.path is not None and not target.path.exists():
        raise CannotKnow(
            f"{workspace.spec.label} does not exist: there is no {target.path}; nothing was created.",
            next=DOCTOR,
        )
    return OneOff(workspace, script, target.preview(script))


def run_execute(plan: OneOff, *, on_undo: Callable[[UndoPoint], None] | None = None) -> Executed:
    """Run it: read-only where it only reads, else in one transaction that is all or nothing.

    ``on_undo`` is told the way back before anything is written, where there is one.
    Raises NotProven for a statement that fails, CannotKnow, Busy.
    """
    if plan.workspace.is_postgres:
        from landed.ops import execute_postgres

        return execute_postgres.run(plan)
    target = cast("SqliteTarget | RemoteD1Target", plan.workspace.target)
    if not plan.writes:
        return Executed(plan, tuple(target.query(plan.script)))
    with target.writer() as writer:
        undo = writer.undo
        if undo is not None:
            from landed.ops.bookmarks import remember

            remember(target, undo.bookmark, "exec")
            if on_undo is not None:
                on_undo(undo)
        try:
            outcomes = tuple(writer.execute(plan.script))
        except (Ambiguous, Interrupted) as error:
            if undo is not None:
                error.details = (*error.details, f"To go back to before: {undo.command}")
            raise
    touched = plan.touched
    for outcome in outcomes:
        touched |= outcome.touched
    late = tuple(w for w in warnings_of(plan.workspace, touched) if w not in plan.warnings)
    return Executed(plan, outcomes, late, undo)


def parameter(text: str) -> SqlValue:
    """The value of one ``--param``: what is written as a SQL literal is that, all else is text.

    ``42`` and ``-1.5e3`` are numbers, ``NULL`` is NULL, ``x'00ff'`` a blob, ``'42'`` the text 42;
    ``007``, ``+49`` and integers of more than 64 bits are text.
    """
    if text == "NULL":
        return None
    if _INTEGER.match(text):
        number = int(text)
        return number if -_INT64 <= number < _INT64 else text
    if _REAL.match(text):
        return float(text)
    blob = _BLOB.match(text)
    if blob:
        return bytes.fromhex(blob[1])
    if len(text) >= 2 and text[0] == text[-1] == "'" and "'" not in text[1:-1].replace("''", ""):
        return text[1:-1].replace("''", "'")
    return text
