"""One-off SQL on a remote D1 database: compiled here, run there in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import apsw

from landed.core.codes import code_of
from landed.core.errors import Ambiguous, Interrupted, LandedError, NotProven, UsageError
from landed.core.migration import Statement
from landed.core.next import Hint, Next, landed
from landed.core.oneoff import Outcome, Script, SqlValue, Touched
from landed.engines.d1.answers import blob, entries_of
from landed.engines.d1.api_errors import SqlFailed, Unsure, lost
from landed.engines.d1.api_text import one_line
from landed.engines.d1.rights import lacks_edit, may_not_write
from landed.engines.d1.trouble import without_result
from landed.engines.sqlite.oneoff import failure
from landed.engines.sqlite.oneoff import preview as compiled
from landed.engines.sqlite.shadow.reason import code_of_words
from landed.engines.sqlite.sql.tokens import literal, tokenize

if TYPE_CHECKING:
    from landed.engines.d1.remote import RemoteD1
    from landed.engines.live import LiveState

_EXACT = 1 << 53
"""From here on, a 64-bit float does not hold every integer."""


def preview(target: RemoteD1, script: Script) -> Touched:
    """What the statements would touch, without running them. Raises NotProven, UsageError, CannotKnow."""
    from landed.engines.sqlite.shadow.replay import Replayer

    state = target.read()
    replayer = Replayer("d1", ledger_table=target.ledger_table, clock=target.clock)
    try:
        replayer.load(state.rows)
        return compiled(replayer.connection, replayer.observer, script, "d1")
    finally:
        replayer.close()


def query(target: RemoteD1, script: Script) -> list[Outcome]:
    """Run statements that only read, in one request. Raises NotProven, CannotKnow."""
    api, place, _ = target.connected
    try:
        answer = api.read(f"{place.path}/raw", body_of(script), what=target.what)
        return _outcomes(answer, script, reading=True)
    except SqlFailed as error:
        problem = _failed(script, error.reason)
    raise problem


def execute(target: RemoteD1, script: Script, before: LiveState | None = None) -> list[Outcome]:
    """Run statements that write, in one request that is all or nothing; it is sent once.

    ``before`` is the schema as it was read last: where the outcome is not known, it is read again, and what
    can be said is said. Raises NotProven for a statement that fails, Ambiguous when its outcome is not known,
    Interrupted, CannotKnow.
    """
    api, place, _ = target.connected
    try:
        return _outcomes(api.write(f"{place.path}/raw", body_of(script), what=target.what), script)
    except SqlFailed as error:
        problem: LandedError = _failed(script, error.reason)
        if lacks_edit(error.reason):
            problem = may_not_write(target, "The SQL did not run")
    except (Unsure, KeyboardInterrupt) as error:
        kind: type[LandedError] = Ambiguous if isinstance(error, Unsure) else Interrupted
        told = [error.message, *error.details] if isinstance(error, Unsure) else []
        problem = kind(
            "It is not known whether the SQL ran."
            if told
            else "It is not known whether the SQL ran: interrupted while it was under way.",
            details=[
                *told,
                *_read_again(target, before),
                "All of it happened, or nothing. It was not sent again.",
            ],
            next=Next(
                "Look at what it should have changed before running it again: ",
                landed("exec", Hint("SELECT …")).afterwards(),
            ),
        )
    raise problem


def _read_again(target: RemoteD1, before: LiveState | None) -> list[str]:
    """What another reading says of a request whose outcome is not known. Rows are no proof, for others write
    them, too."""
    if before is None:
        return []
    try:
        after = target.read(surely=True)
    except (LandedError, KeyboardInterrupt) as second:
        why = second.message if isinstance(second, LandedError) else "interrupted"
        return [f"It was to be read again, and could not: {why}"]
    if set(after.rows) != set(before.rows):
        return ["The database was read again: its schema is no longer what it was before."]
    if before.ledger != after.ledger:
        return ["The database was read again: its history is no longer what it was before."]
    return [
        "The database was read again: its schema is what it was before. What became of rows is not known."
    ]


def body_of(script: Script) -> dict[str, Any]:
    """The request: one statement each, so that the server need not split them, values written as literals.

    The API takes parameters as text only, which would turn 42 into '42' (developers.cloudflare.com/api,
    D1, ``params: array of string``).
    """
    return {"batch": [{"sql": inlined(s, script.parameters)} for s in script.statements]}


def inlined(statement: Statement, values: Sequence[SqlValue]) -> str:
    """A statement with its parameters replaced by literals, numbered as SQLite numbers them.

    Raises UsageError when a parameter has no value or a value no parameter.
    """
    pieces: list[str] = []
    names: dict[str, int] = {}
    largest = 0
    for token in tokenize(statement.text):
        if token.kind != "parameter":
            pieces.append(token.text)
            continue
        if token.text == "?":
            number = largest + 1
        elif token.text.startswith("?"):
            number = int(token.text[1:])
        else:
            number = names.setdefault(token.text, largest + 1)
        largest = max(largest, number)
        if not 1 <= number <= len(values):
            raise _mismatch(largest, values)
        pieces.append(literal(values[number - 1]))
    if largest != len(values):
        raise _mismatch(largest, values)
    return "".join(pieces)


def _mismatch(parameters: int, values: Sequence[SqlValue]) -> UsageError:
    return UsageError(
        f"the statement has {parameters} parameters, and {len(values)} values are given with --param",
        next="Give one --param for each ? in the statement.",
    )


def _outcomes(result: Any, script: Script, *, reading: bool = False) -> list[Outcome]:
    outcomes = []
    entries = entries_of(result, len(script.statements), reading=reading)
    for statement, entry in zip(script.statements, entries, strict=True):
        columns, rows = _table(entry.get("results"))
        meta = entry.get("meta") or {}
        changes = 0 if reading or meta.get("changed_db") is False else _count(meta.get("changes"))
        outcomes.append(
            Outcome(
                statement,
                columns,
                rows,
                changes or 0,
                0,
                Touched(),
                notices=_rounded(columns, rows),
                counted=changes is not None,
            )
        )
    return outcomes


def _rounded(columns: Sequence[str], rows: Sequence[Sequence[SqlValue]]) -> tuple[tuple[str, str], ...]:
    """A warning where integers are larger than D1's answers hold: it makes all numbers 64-bit floats."""
    large = [
        name
        for place, name in enumerate(columns)
        if any(isinstance(row[place], int) and abs(int(row[place] or 0)) >= _EXACT for row in rows)
    ]
    if not large:
        return ()
    named = ", ".join(one_line(name, 60) for name in large[:5])
    text = f"integers beyond {_EXACT:,} come rounded from D1: {named}. CAST(… AS TEXT) shows them whole"
    return (("warning", text),)


def _count(value: object) -> int | None:
    """A number of rows; ``None`` for what can be none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1 << 63:
        return int(value) if value == int(value) else None
    return None


def _table(found: Any) -> tuple[tuple[str, ...], list[tuple[SqlValue, ...]]]:
    if isinstance(found, dict):
        columns, rows = found.get("columns") or [], found.get("rows")
        if isinstance(columns, list) and isinstance(rows, list) and all(isinstance(c, str) for c in columns):
            width = len(columns)
            # Where there are no rows, there may be no columns either.
            if all(isinstance(row, list) and len(row) == width for row in rows):
                return tuple(columns), [tuple(_value(v) for v in row) for row in rows]
    raise lost("it does not hold the rows of a statement")


def _value(value: Any) -> SqlValue:
    if isinstance(value, list):
        return blob(value)
    if value is None or isinstance(value, (int, float, str)):
        return value
    raise lost("it holds a value that SQLite does not have")


def _failed(script: Script, reason: str) -> NotProven | UsageError:
    reason = one_line(without_result(reason))
    if len(script.statements) == 1:
        return failure(script, script.statements[0], apsw.SQLError(reason), "d1")
    return NotProven(
        f"one of the {len(script.statements)} statements failed: {reason}",
        code=code_of(code_of_words(reason)),
        details=["Nothing was changed."],
        where=script.source,
        next="Correct it and run them again, or one by one.",
    )
