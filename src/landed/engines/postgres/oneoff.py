"""One-off SQL on Postgres: the server says what only reads, and what writes runs in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.codes import code_of
from landed.core.errors import Ambiguous, CannotKnow, Code, Interrupted, LandedError, NotProven, UsageError
from landed.core.migration import Statement
from landed.core.next import DOCTOR, Next, landed
from landed.core.oneoff import Outcome, Script, Touched
from landed.engines.postgres.connect.advisory import refuse_unwritable

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.engines.postgres.connect.capabilities import Capabilities
    from landed.engines.postgres.connect.connect import Connected
    from landed.engines.postgres.target import PgTarget

LOCK_TIMEOUT = "10s"
"""How long a writing statement waits for a lock: those who come after it wait, too."""

_READS_ONLY = "25006"
_NOT_IN_BLOCK = "25001"
_LOCKED = "55P03"
_CANCELLED = "57014"
_NO_PARAMETER = ("08P01", "42P02", "42P18")
_ENDS_TRANSACTION = "2D000"


_LOOK = Next(
    "look at what should have changed, with ", landed("exec").afterwards(), ", before you run it again"
)


class Read(NamedTuple):
    """What came of an attempt to run a script read-only: its outcomes, or the first statement that writes,
    and what is on the other side."""

    outcomes: tuple[Outcome, ...]
    writes: Statement | None
    capabilities: Capabilities


def read(target: PgTarget, script: Script, statements: Sequence[Statement]) -> Read:
    """Run statements in a READ ONLY transaction that is taken back at the end.

    PostgreSQL refuses there whatever would write, functions included. Raises NotProven for a statement that
    fails, Busy, CannotKnow; nothing was changed then.
    """
    with _open(target, readonly=True) as connected:
        # A query first: from then on, the transaction cannot be turned into a writing one.
        run = _Run(target, connected, script, "BEGIN READ ONLY; SELECT 1")
        outcomes, failed = run.all(statements, end="ROLLBACK", lets=_READS_ONLY)
        return Read(tuple(outcomes), failed, connected.capabilities)


def refuse(target: PgTarget, capabilities: Capabilities | None = None) -> None:
    """Raise UsageError where nothing may be written (transaction pooler, replica); asks the server when its
    capabilities are not given."""
    known = (capabilities or target.capabilities)._replace(read_only=False)
    try:
        refuse_unwritable(known, target.dsn)
    except UsageError as error:
        if known.pooler != "transaction":
            raise
        raise UsageError(
            f"nothing is written through a transaction pooler ({target.dsn.place})",
            details=[known.why, "each transaction there may run in another server session; reading works"],
            next=error.next,
            where=error.where,
        ) from None


def write(target: PgTarget, script: Script, statements: Sequence[Statement]) -> list[Outcome]:
    """Run statements in one transaction and commit it. Raises NotProven (nothing was changed), Busy,
    Ambiguous when the connection was lost while it committed, UsageError as :func:`refuse`."""
    with _open(target, readonly=False) as connected:
        refuse_unwritable(connected.capabilities, target.dsn)
        run = _Run(target, connected, script, f"BEGIN; SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        return run.all(statements, end="COMMIT")[0]


def write_alone(target: PgTarget, script: Script, statement: Statement) -> list[Outcome]:
    """Run one statement outside of a transaction, as VACUUM and CONCURRENTLY need it.

    Raises as :func:`write`; what it had done before it failed may have stayed, and the error says so.
    """
    with _open(target, readonly=False) as connected:
        refuse_unwritable(connected.capabilities, target.dsn)
        return _Run(target, connected, script, "").all([statement], end="")[0]


@contextmanager
def _open(target: PgTarget, *, readonly: bool) -> Iterator[Connected]:
    connected = target.connect(readonly=readonly)
    try:
        yield connected
    finally:
        connected.connection.close()


class _Run:
    """One run of statements on a connection of its own."""

    def __init__(self, target: PgTarget, connected: Connected, script: Script, begin: str) -> None:
        self._target = target
        self._connection: Connection[Any] = connected.connection
        self._dsn = connected.dsn
        self._script = script
        self._begin = begin
        self._said: list[tuple[str, str]] = []
        self._connection.add_notice_handler(
            lambda diag: self._said.append(
                (diag.severity_nonlocalized or "NOTICE", diag.message_primary or "")
            )
        )

    def all(
        self, statements: Sequence[Statement], *, end: str, lets: str = ""
    ) -> tuple[list[Outcome], Statement | None]:
        """Their outcomes, and the statement that failed with the SQLSTATE ``lets``: that is no error."""
        outcomes: list[Outcome] = []
        raw: list[list[tuple[int, int]]] = []
        if self._begin:
            self._send(self._begin)
        for statement in statements:
            try:
                outcome, types = self._one(statement)
            except LandedError as error:
                if lets and getattr(error.__cause__, "sqlstate", None) == lets:
                    return outcomes, statement
                raise
            outcomes.append(outcome)
            raw.append(types)
        named = self._types({pair for types in raw for pair in types})
        if end:
            self._end(end)
        return [o.with_types(tuple(named[p] for p in t)) for o, t in zip(outcomes, raw, strict=True)], None

    def _send(self, sql: str) -> Any:
        import psycopg

        try:
            return self._connection.execute(sql.encode(), prepare=False)
        except psycopg.Error as error:
            raise CannotKnow(
                f"{self._target.label} did not answer: {_primary(error)}",
                details=["Nothing was changed."],
                next=DOCTOR,
            ) from error

    def _end(self, end: str) -> None:
        import psycopg

        try:
            done = self._connection.execute(end.encode(), prepare=False).statusmessage
        except KeyboardInterrupt:
            if end != "COMMIT":
                raise
            raise Interrupted(
                f"Stopped while {self._target.label} committed: it may have happened.", next=_LOOK
            ) from None
        except psycopg.Error as error:
            if error.sqlstate is None or self._connection.closed:
                if end != "COMMIT":
                    return
                raise Ambiguous(
                    f"The connection to {self._target.label} was lost in the commit: it may have happened.",
                    details=[f"said: {_primary(error)}"],
                    next=_LOOK,
                ) from error
            raise NotProven(
                f"the transaction could not be committed: {_primary(error)} ({error.sqlstate})",
                code=code_of(error.sqlstate),
                sqlstate=error.sqlstate,
                details=[*_more(error), "Nothing was changed."],
                where=self._script.source,
                next="Correct the statements and run them again.",
            ) from error
        if done != end:
            # A transaction that has failed answers COMMIT with ROLLBACK, and no error.
            raise NotProven(
                f"the transaction was not committed: the server answered {done}",
                code=Code.STATEMENT,
                details=["Nothing was changed."],
                where=self._script.source,
                next="Correct the statements and run them again.",
            )

    def _one(self, statement: Statement) -> tuple[Outcome, list[tuple[int, int]]]:
        import psycopg

        from landed.engines.postgres.connect.blocking import Watcher

        self._said.clear()
        parameters = tuple(self._script.parameters) or None
        watcher = Watcher(
            self._connection.info.backend_pid, lambda: self._target.connect(readonly=True).connection
        )
        try:
            with self._stopped(statement), watcher, psycopg.RawCursor(self._connection) as cursor:
                cursor.execute(statement.text.encode(), parameters, prepare=False)
                return self._outcome(statement, cursor)
        except psycopg.Error as error:
            raise self._failed(statement, error, watcher) from error
        finally:
            watcher.close()

    @contextmanager
    def _stopped(self, statement: Statement) -> Iterator[None]:
        """Ctrl-C outside of a transaction is no roll-back. Raises Interrupted."""
        try:
            yield
        except KeyboardInterrupt:
            if self._begin:
                raise
            raise Interrupted(
                f"Stopped while statement {statement.number} ran on {self._target.label}, outside of a "
                "transaction.",
                details=["The server was told to stop; what it had done until then may have stayed."],
                next=DOCTOR,
            ) from None

    def _outcome(self, statement: Statement, cursor: Any) -> tuple[Outcome, list[tuple[int, int]]]:
        result = cursor.pgresult
        fields = range(result.nfields)
        columns = tuple(_text(result.fname(i)) or "" for i in fields)
        # As the server writes it: nothing is lost on the way, and no type is unknown.
        rows: list[tuple[Any, ...]] = [
            tuple(_text(result.get_value(r, c)) for c in fields) for r in range(result.ntuples)
        ]
        status = cursor.statusmessage or ""
        verb = status.partition(" ")[0]
        changes = max(cursor.rowcount, 0) if verb in ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY") else 0
        outcome = Outcome(
            statement, columns, rows, changes, 0, Touched(), (), status, tuple(self._said)
        )  # fmt: skip
        return outcome, [(result.ftype(i), result.fmod(i)) for i in fields]

    def _types(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """The names of types, by oid and modifier; those of arrays end in ``[]``."""
        if not wanted:
            return {}
        pairs = sorted(wanted)
        values = ", ".join(
            f"({at}, {oid}::pg_catalog.oid, {'NULL' if modifier < 0 else modifier}::pg_catalog.int4)"
            for at, (oid, modifier) in enumerate(pairs)
        )
        query = "SELECT pg_catalog.format_type(o, m) FROM (VALUES"
        rows = self._send(f"{query} {values}) AS u (at, o, m) ORDER BY at").fetchall()
        return {pair: str(row[0]) for pair, row in zip(pairs, rows, strict=True)}

    def _failed(self, statement: Statement, error: Any, watcher: Any) -> LandedError:
        from landed.engines.postgres.connect.blocking import blocked
        from landed.engines.say import excerpt

        code = error.sqlstate
        alone = not self._begin
        reads = self._begin.startswith("BEGIN READ ONLY")
        number = f"statement {statement.number} of {len(self._script.statements)}"
        nothing = "Nothing was changed."
        if alone:
            nothing = "It ran outside of a transaction: what it had done before it failed may have stayed."
        if code is None or self._connection.closed:
            lost = Ambiguous if alone else CannotKnow
            return lost(
                f"The connection to {self._target.label} was lost in {number}.",
                details=[f"said: {_primary(error)}", nothing],
                next=DOCTOR,
            )
        if code in _NO_PARAMETER and "parameter" in str(error):
            given = len(self._script.parameters)
            return UsageError(
                f"the statement has another number of parameters than the {given} given with --param",
                details=[excerpt(statement.text), f"said: {_primary(error)}"],
                next="Give one --param for each of $1, $2, … in the statement.",
            )
        if code == _LOCKED:
            return blocked(number, watcher.blockers, 1, Next("run it again"), [nothing])
        line = statement.line
        position = error.diag.statement_position
        if position and position.isdigit():
            line += statement.text.count("\n", 0, int(position) - 1)
        place = f"{self._script.source}:{line}" if self._script.source else None
        shown = f" (line {line})" if line > 1 and not place else ""
        advice = "Correct the statement and run it again."
        if code == _ENDS_TRANSACTION:
            advice = "Call it with psql: it commits by itself, and landed runs everything in one transaction."
        elif code == _CANCELLED and "statement timeout" in str(error):
            advice = "Give it more time (SET LOCAL statement_timeout = '10min'; before it), or smaller steps."
        elif code == _READS_ONLY and not reads:
            advice = "Lift the setting default_transaction_read_only, or use another role."
        return NotProven(
            f"{number}{shown} failed: {_primary(error)} ({code})",
            code=code_of(code),
            sqlstate=code,
            details=[*_more(error), excerpt(statement.text), nothing],
            where=place,
            next=advice,
        )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def _primary(error: Any) -> str:
    return (error.diag.message_primary or str(error)).strip().replace("\n", " / ")


def _more(error: Any) -> list[str]:
    found = []
    for name, text in (
        ("detail", error.diag.message_detail),
        ("hint", error.diag.message_hint),
        ("context", error.diag.context),
    ):
        if text:
            lines = [line for line in text.splitlines() if line.strip()]
            found.append(f"{name}: {' / '.join(lines[:3])}")
    return found
