"""exec on Postgres: what only reads has already run when that is known; all else waits for consent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from landed.core.errors import UsageError
from landed.core.migration import Statement
from landed.core.next import Hint, Next, landed
from landed.core.oneoff import Outcome, Planned, Script, SqlValue, Touched
from landed.engines.postgres import oneoff as pg_oneoff
from landed.engines.postgres.base import PostgresBase
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import wrapping
from landed.engines.postgres.sql.split import problems, split

_SCHEMA = frozenset(
    {"CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT", "SECURITY", "REASSIGN", "IMPORT"}
)
_OUTSIDE = frozenset({"COPY", "NOTIFY", "CHECKPOINT", "LOAD"})
_ACTS = re.compile(
    r"pg_(?:terminate_backend|cancel_backend|reload_conf|rotate_logfile|switch_wal|promote|notify"
    r"|create_restore_point|logical_emit_message|(?:try_)?advisory_\w+|stat_reset\w*|stat_statements_reset"
    r"|replication_\w+|\w+_replication_slot)|lo_export|dblink\w*|http_(?:post|put|delete|patch)"
)
"""Functions that act outside of the transaction, which a read-only one does not refuse."""


def plan(engine: PostgresBase, sql: str, parameters: Sequence[str], source: str | None) -> Planned:
    """Run it read-only; the plan holds what came of it, or says that it writes.

    Raises UsageError for SQL that cannot be run here (COPY from or to the client, psql's commands,
    transactions of its own), NotProven for a statement that fails, CannotKnow, Busy.
    """
    place = f"{source}:" if source else "line "
    for problem in problems(sql):
        raise UsageError(problem.text, where=f"{place}{problem.line}", next="Leave it out, or use psql.")
    every = split(sql)
    outer = wrapping(every)
    statements = tuple(s for s in every if s.number not in outer)
    if not statements:
        raise UsageError("there is no statement to run", next=landed("exec", Hint("SELECT …")).afterwards())
    if parameters and len(every) > 1:
        raise UsageError(
            f"--param needs a single statement; there are {len(every)}", next="Run them one by one."
        )
    alone = _alone(statements, place)
    script = Script(every, tuple(map(parameter, parameters)), source)
    target = engine.target
    first = next((s for s in statements if alone or _must_ask(s)), None)
    known = None
    if first is None:
        read = pg_oneoff.read(target, script, statements)
        if read.writes is None:
            return Planned(script, Touched(), read.outcomes)
        first, known = read.writes, read.capabilities
    pg_oneoff.refuse(target, known)
    return Planned(script, _touched(engine, statements, first), alone=alone, counted=False)


def run(engine: PostgresBase, plan: Planned) -> tuple[Outcome, ...]:
    """Run what consent was given for. Raises NotProven for a statement that fails, CannotKnow, Busy."""
    outer = wrapping(plan.script.statements)
    statements = [s for s in plan.script.statements if s.number not in outer]
    if plan.alone:
        return tuple(pg_oneoff.write_alone(engine.target, plan.script, statements[0]))
    return tuple(pg_oneoff.write(engine.target, plan.script, statements))


_BLOB = re.compile(r"[xX]'((?:[0-9a-fA-F]{2})*)'\Z")


def parameter(text: str) -> SqlValue:
    """The value of one ``--param``: a text that the server reads as the type it needs.

    ``NULL`` is NULL, ``x'00ff'`` a bytea, ``'NULL'`` the text NULL; everything else is itself.
    """
    if text == "NULL":
        return None
    if blob := _BLOB.match(text):
        return bytes.fromhex(blob[1])
    if len(text) >= 2 and text[0] == text[-1] == "'" and "'" not in text[1:-1].replace("''", ""):
        return text[1:-1].replace("''", "'")
    return text


def _alone(statements: Sequence[Statement], place: str) -> str:
    """Why the only statement cannot run in a transaction, or ``""``. Raises UsageError for scripts that
    cannot run in one transaction."""
    for statement in statements:
        kind = head_of(statement)
        where = f"{place}{statement.line}"
        if kind.transaction not in ("", "savepoint"):
            raise UsageError(
                f"{kind.shown}: exec runs everything in one transaction of its own",
                where=where,
                next="Leave it out.",
            )
        if kind.to_client:
            raise UsageError("COPY from or to the client needs psql", where=where, next="psql -c '…'")
        if kind.alone:
            if len(statements) > 1:
                raise UsageError(
                    f"{kind.alone} cannot run in a transaction, and the others do",
                    where=where,
                    next=Next("Give it to ", landed("exec").afterwards(), " by itself."),
                )
            return kind.alone
    return ""


def _must_ask(statement: Statement) -> bool:
    """Whether a statement is not even tried read-only: what it does is no matter of its transaction."""
    head = head_of(statement)
    if head.verb in _OUTSIDE:
        return True
    if head.verb == "DO" and any(_ACTS.search(body.lower()) for body in head.literals):
        return True
    return any(map(_ACTS.fullmatch, head.names))


def _touched(engine: PostgresBase, statements: Sequence[Statement], first: Statement) -> Touched:
    """What is known of it from the text: warnings rest on this, consent does not."""
    ledger = engine.ledger_table.rpartition(".")[2]
    found = Touched((first.number,))
    for statement in statements:
        kind = head_of(statement)
        schema = kind.verb in _SCHEMA and not kind.temporary
        changes = kind.writes_rows or schema or kind.verb == "DO"
        tables = frozenset({engine.ledger_table.lower()}) if changes and ledger in kind.names else frozenset()
        writes = (statement.number,) if statement is not first and (kind.writes_rows or schema) else ()
        found |= Touched(writes, tables, schema)
    return replace(found, writes=tuple(sorted(set(found.writes))))
