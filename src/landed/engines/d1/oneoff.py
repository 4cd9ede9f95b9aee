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
from landed.engines.sqlite.oneoff import failure
from landed.engines.sqlite.oneoff import preview as compiled
from landed.engines.sqlite.shadow.reason import code_of_words
from landed.engines.sqlite.sql.tokens import literal, tokenize

if TYPE_CHECKING:
    from landed.engines.d1.remote import RemoteD1


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
    api, place = target.connected
    try:
        answer = api.read(f"{place.path}/raw", body_of(script), what=target.what)
        return _outcomes(answer, script, reading=True)
    except SqlFailed as error:
        problem = _failed(script, error.reason)
    raise problem


def execute(target: RemoteD1, script: Script) -> list[Outcome]:
    """Run statements that write, in one request that is all or nothing; it is sent once.

    Raises NotProven for a statement that fails, Ambiguous when the reply was lost, Interrupted,
    CannotKnow.
    """
    api, place = target.connected
    try:
        return _outcomes(api.write(f"{place.path}/raw", body_of(script), what=target.what), script)
    except SqlFailed as error:
        problem: LandedError = _failed(script, error.reason)
    except (Unsure, KeyboardInterrupt) as error:
        kind: type[LandedError] = Ambiguous if isinstance(error, Unsure) else Interrupted
        why = error.message if isinstance(error, Unsure) else "Interrupted while it was under way."
        problem = kind(
            "It is not known whether the SQL ran: it was sent, and no reply arrived.",
            details=[why, "All of it happened, or nothing. It was not sent again."],
            next=Next(
                "Look at what it should have changed before running it again: ",
                landed("exec", Hint("SELECT …")).afterwards(),
            ),
        )
    raise problem


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
        changes = meta.get("changes") if meta.get("changed_db", True) else 0
        counted = changes if isinstance(changes, int) and 0 <= changes < 1 << 63 else 0
        outcomes.append(Outcome(statement, columns, rows, counted, 0, Touched()))
    return outcomes


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
    reason = one_line(reason.removesuffix(": SQLITE_ERROR"))
    if len(script.statements) == 1:
        return failure(script, script.statements[0], apsw.SQLError(reason), "d1")
    return NotProven(
        f"one of the {len(script.statements)} statements failed: {reason}",
        code=code_of(code_of_words(reason)),
        details=["Nothing was changed."],
        where=script.source,
        next="Correct it and run them again, or one by one.",
    )
