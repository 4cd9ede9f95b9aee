"""One-off SQL on an open SQLite connection: does it write, run it, what it returned and changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import apsw

from landed.core.codes import code_of
from landed.core.errors import Code, NotProven, UsageError
from landed.core.migration import Statement
from landed.core.oneoff import Outcome, Script, SqlValue, Touched
from landed.engines.sqlite.shadow.reason import code_of as code_of_error
from landed.engines.sqlite.shadow.sandbox import Observer, explain_refusal

_PASSED_ON = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.NotADBError,
    apsw.CorruptError,
    apsw.CantOpenError,
    apsw.IOError,
)
_NOTHING = "Nothing was changed."
_STEPS = 50_000
"""Virtual machine steps between two moments at which Ctrl-C is heard."""


def preview(connection: apsw.Connection, observer: Observer, script: Script, mode: str) -> Touched:
    """Compile the statements on a read-only connection without running them: what would they touch?

    SQLite's own answer is taken, not the look of the text. From the first statement that writes on,
    one that cannot be compiled may need what was to be made before it: it counts as writing.
    Raises NotProven for a statement that cannot be compiled, UsageError for a wrong number of values.
    """
    found = Touched()
    state: list[tuple[bool, int]] = []
    asked: list[str] = []
    rules, trace = connection.authorizer, connection.exec_trace

    def watch(action: int, one: str | None, two: str | None, three: str | None, four: str | None) -> int:
        if action == apsw.SQLITE_PRAGMA and two is None:
            asked.append((one or "").lower())
        return rules(action, one, two, three, four) if rules is not None else apsw.SQLITE_OK

    def stop(cursor: apsw.Cursor, sql: str, bindings: apsw.Bindings | None) -> bool:
        if trace is not None:
            trace(cursor, sql, bindings)
        state.append((cursor.is_readonly, cursor.is_explain))
        return False

    connection.authorizer, connection.exec_trace = watch, stop
    try:
        for statement in script.statements:
            state.clear()
            asked.clear()
            observer.take()
            try:
                connection.execute(statement.text, script.parameters or None)
            except apsw.ExecTraceAbort:
                pass
            except _PASSED_ON:
                raise
            except (apsw.Error, TypeError, ValueError) as error:
                if not found.writes:
                    raise failure(script, statement, error, mode) from error
                found |= Touched((statement.number,))
                continue
            # SQLite says of "PRAGMA journal_mode" that it writes even where it only asks.
            reads = all(ro or explain for ro, explain in state) or asked == ["journal_mode"]
            if not reads:
                found |= _touched(observer, statement.number)
    finally:
        connection.authorizer, connection.exec_trace = rules, trace
    return found


def run(connection: apsw.Connection, observer: Observer, script: Script, mode: str) -> list[Outcome]:
    """Run the statements in order; transactions are the caller's.

    Raises NotProven with statement and place, UsageError for a wrong number of values.
    """
    trace = connection.exec_trace
    columns: tuple[str, ...] = ()

    def describe(cursor: apsw.Cursor, sql: str, bindings: apsw.Bindings | None) -> bool:
        # The only moment at which the columns of a result without rows are known.
        nonlocal columns
        columns = tuple(column[0] for column in cursor.get_description())
        return trace is None or trace(cursor, sql, bindings)

    connection.set_progress_handler(lambda: False, _STEPS)
    connection.exec_trace = describe
    try:
        return [_run(connection, observer, script, s, mode, lambda: columns) for s in script.statements]
    finally:
        connection.exec_trace = trace
        connection.set_progress_handler(None)


def _run(
    connection: apsw.Connection,
    observer: Observer,
    script: Script,
    statement: Statement,
    mode: str,
    columns: Callable[[], tuple[str, ...]],
) -> Outcome:
    rows: list[tuple[SqlValue, ...]] = []
    before = connection.total_changes()
    observer.take()
    try:
        rows.extend(connection.execute(statement.text, script.parameters or None))
    except UnicodeDecodeError as error:
        raise NotProven(
            f"statement {statement.number} of {len(script.statements)}: row {len(rows) + 1} it returns "
            "holds text that is not valid UTF-8",
            code=Code.UNREADABLE,
            details=[_NOTHING],
            where=script.place(statement),
            next="Select hex(column) or CAST(column AS BLOB) instead.",
        ) from error
    except _PASSED_ON:
        raise
    except (apsw.Error, TypeError, ValueError) as error:
        raise failure(script, statement, error, mode) from error
    total = connection.total_changes() - before
    direct = connection.changes() if total else 0
    touched = replace(_touched(observer, statement.number), writes=())
    return Outcome(statement, columns(), rows, direct, total - direct, touched)


def _touched(observer: Observer, number: int) -> Touched:
    seen = observer.take()
    tables = seen.written | seen.dropped_tables | seen.altered
    return Touched((number,), frozenset(name.lower() for name in tables), seen.ddl)


def failure(script: Script, statement: Statement, error: Exception, mode: str) -> NotProven | UsageError:
    """The error for a statement that cannot be compiled or run."""
    from landed.engines.say import excerpt

    if isinstance(error, apsw.BindingsError):
        given = len(script.parameters)
        return UsageError(
            f"the statement has another number of parameters than the {given} given with --param",
            details=[excerpt(statement.text)],
            next="Give one --param for each ? in the statement.",
        )
    reason = explain_refusal(error, statement.text, mode) or str(error)
    line = f" (line {statement.line})" if statement.line > 1 and not script.source else ""
    return NotProven(
        f"statement {statement.number} of {len(script.statements)}{line} failed: {reason}",
        code=code_of(code_of_error(error)),
        details=[excerpt(statement.text), _NOTHING],
        where=script.place(statement),
        next="Correct the statement and run it again.",
    )
