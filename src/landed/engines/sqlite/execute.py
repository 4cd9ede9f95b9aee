"""exec under SQLite's rules: compiled before it runs, read-only where it only reads, else one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from landed.core.applied import UndoPoint
from landed.core.errors import Ambiguous, CannotKnow, Interrupted, UsageError
from landed.core.next import DOCTOR, Hint, landed
from landed.core.oneoff import Outcome, Planned, Script, SqlValue, Touched
from landed.engines.base import Target, Writer
from landed.engines.sqlite.base import SqliteBase
from landed.engines.sqlite.sql import split as dialect

# Leading zeros or a plus sign mark names, codes and telephone numbers rather than numbers.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})\Z")
_REAL = re.compile(r"-?((0|[1-9][0-9]*)\.[0-9]+|[1-9][0-9]*(?=[eE]))([eE][+-]?[0-9]{1,3})?\Z")
_BLOB = re.compile(r"[xX]'((?:[0-9a-fA-F]{2})*)'\Z")
_INT64 = 1 << 63


class SqlWriter(Writer, Protocol):
    """A writing session that also takes one-off SQL."""

    def execute(self, script: Script) -> Sequence[Outcome]: ...  # noqa: D102


class SqlTarget(Target, Protocol):
    """A database under SQLite's rules that takes one-off SQL; ``path`` is its file, where it is one."""

    @property
    def path(self) -> Path | None: ...  # noqa: D102

    def preview(self, script: Script) -> Touched: ...  # noqa: D102

    def query(self, script: Script) -> Sequence[Outcome]: ...  # noqa: D102

    def writer(self) -> AbstractContextManager[SqlWriter]: ...  # noqa: D102


def plan(
    engine: SqliteBase, target: SqlTarget, sql: str, parameters: Sequence[str], source: str | None
) -> Planned:
    """Compile it against the target without running it. Raises UsageError, CannotKnow, NotProven."""
    statements = dialect.split(sql)
    if not statements:
        raise UsageError("there is no statement to run", next=landed("exec", Hint("SELECT …")).afterwards())
    if parameters and len(statements) > 1:
        raise UsageError(
            f"--param needs a single statement; there are {len(statements)}",
            next="Run them one by one.",
        )
    script = Script(statements, tuple(map(parameter, parameters)), source)
    if target.path is not None and not target.path.exists():
        raise CannotKnow(
            f"{engine.spec.label} does not exist: there is no {target.path}; nothing was created.",
            next=DOCTOR,
        )
    return Planned(script, target.preview(script))


def run(
    engine: SqliteBase, target: SqlTarget, plan: Planned, on_undo: Callable[[UndoPoint], None] | None
) -> tuple[tuple[Outcome, ...], UndoPoint | None]:
    """Run it. Raises NotProven for a statement that fails, CannotKnow, Busy."""
    if not plan.writes:
        return tuple(target.query(plan.script)), None
    with target.writer() as writer:
        undo = writer.undo
        if undo is not None:
            engine.remember(undo, "exec")
            if on_undo is not None:
                on_undo(undo)
        try:
            return tuple(writer.execute(plan.script)), undo
        except (Ambiguous, Interrupted) as error:
            if undo is not None:
                error.details = (*error.details, f"To go back to before: {undo.command}")
            raise


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
