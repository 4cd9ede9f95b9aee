"""How a PostgreSQL file is cut into transactions: by the Supabase CLI, by its own BEGIN, by landed.

The CLI's rules were read in and measured on CLI 3.1.0 (facts in supabase/cli, MigrationApply).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from landed.core.migration import Statement
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.tokens import scan, string_value, words

AUTOCOMMIT_LINE = "-- pg-delta: transaction=false"
"""As its exact first line, it makes the CLI run every statement of a file by itself."""

Mode = Literal["batch", "explicit", "autocommit"]


class Segment(NamedTuple):
    """Statements (by number) that commit together, in order. ``alone`` says why a statement runs by itself,
    outside of a transaction block, or is ``""``; ``ended`` is a segment that the file's own COMMIT ends."""

    statements: tuple[int, ...]
    alone: str = ""
    ended: bool = False


class Trap(NamedTuple):
    """What is wrong with a file's own BEGIN and COMMIT: ``code`` is stable, ``line`` counts from 1."""

    code: str
    statement: int
    line: int
    text: str


def cli_mode(text: str, statements: Sequence[Statement]) -> Mode:
    """How the Supabase CLI runs a file: as one pipeline (``batch``), statement by statement because it has
    transaction statements of its own (``explicit``) or its first line asks for it (``autocommit``)."""
    if text.split("\n", 1)[0].removesuffix("\r") == AUTOCOMMIT_LINE:
        return "autocommit"
    if any(_CLI_CONTROL.match(s.text) for s in statements):
        return "explicit"
    return "batch"


# Spelled as the CLI recognises them: single white space classes, no comments between the words.
_CLI_CONTROL = re.compile(
    r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|PREPARE\s+TRANSACTION)(?:\s|$)"
    r"|ROLLBACK(?:\s+(?:WORK|TRANSACTION))?(?=\s|$)(?!\s+(?:TO|WORK|TRANSACTION)(?:\s|$))",
    re.IGNORECASE,
)
_CLI_ALONE = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY(?:\s|$)|DROP\s+INDEX\s+CONCURRENTLY(?:\s|$)"
    r"|REINDEX(?:\s|\().*\sCONCURRENTLY(?:\s|$)|VACUUM(?:\s|\(|$)|ALTER\s+SYSTEM(?:\s|$)|CLUSTER(?:\s|$)",
    re.IGNORECASE,
)


def cli_segments(text: str, statements: Sequence[Statement]) -> tuple[Segment, ...]:
    """How the Supabase CLI batches a file; it writes the ledger row with, or after, the last segment.

    In the modes ``explicit`` and ``autocommit`` every statement is sent by itself, and the file's own
    transaction statements decide what commits together.
    """
    if cli_mode(text, statements) != "batch":
        return tuple(Segment((s.number,), "sent by itself") for s in statements)
    return _cut(
        statements, {s.number: " ".join(head_of(s).words[:3]) for s in statements if _CLI_ALONE.match(s.text)}
    )


def segments(statements: Sequence[Statement]) -> tuple[Segment, ...]:
    """How landed cuts a file: one transaction, except for statements that PostgreSQL runs in none, and for
    enum values that a later statement of the same file uses.

    The file's own BEGIN and COMMIT are left out where that changes nothing but what a failure leaves
    (:func:`wrapping`, :func:`joining`); where it would, the file's own parts stay. A SET TRANSACTION at the
    beginning of a transaction is left out, too: :func:`transaction_options` says what it asks for.
    """
    leaving_out = wrapping(statements) or joining(statements)
    left_out = leaving_out | {s.number for s in _heads(statements)}
    if leaving_out or refused_trap(statements) is not None:
        return _of_one([s for s in statements if s.number not in left_out])
    found: list[Segment] = []
    part: list[Statement] = []
    for statement in statements:
        if statement.number in left_out:
            continue
        if head_of(statement).transaction in ("", "savepoint"):
            part.append(statement)
        elif part:
            found += _of_one(part)
            found[-1] = found[-1]._replace(ended=True)
            part = []
    return (*found, *_of_one(part))


def transaction_options(statements: Sequence[Statement], numbers: Collection[int]) -> str:
    """What a file asks of the transaction that these statements (by number) run in, to be written after
    BEGIN: ``ISOLATION LEVEL SERIALIZABLE``, or ``""``.

    It stands in the BEGIN before them, or in a SET TRANSACTION at their beginning, the last one counting.
    READ ONLY is not among it (:func:`read_only`), nor DEFERRABLE, which means something for READ ONLY alone.
    """
    first = min(numbers, default=0)
    options = ""
    for statement in statements:
        head = head_of(statement)
        if statement.number >= first and head.verb not in ("SET", "RESET"):
            break
        if head.transaction == "begin":
            options = _isolation(head.words)
        elif head.transaction in ("commit", "rollback"):
            options = ""
        elif head.begins("SET", "TRANSACTION"):
            options = _isolation(head.words) or options
    return options


def read_only(statements: Sequence[Statement]) -> Statement | None:
    """The BEGIN or SET TRANSACTION that makes a transaction of the file READ ONLY: no history row could be
    written in it. ``None`` without any."""
    for statement in statements:
        head = head_of(statement)
        asks = head.transaction == "begin" or head.begins("SET", "TRANSACTION")
        if asks and ("READ", "ONLY") in pairwise(head.words):
            return statement
    return None


def _heads(statements: Sequence[Statement]) -> Iterator[Statement]:
    """SET TRANSACTION statements at the beginning of a transaction, where no query has been run."""
    at_beginning = True
    for statement in statements:
        head = head_of(statement)
        if head.transaction in ("begin", "commit", "rollback"):
            at_beginning = True
        elif at_beginning and head.begins("SET", "TRANSACTION") and head.words[2:3] != ("SNAPSHOT",):
            yield statement
        elif head.verb not in ("SET", "RESET"):
            at_beginning = False


def _isolation(w: tuple[str, ...]) -> str:
    """``ISOLATION LEVEL …`` as the words of a statement have it."""
    found = ""
    for at in range(len(w)):
        if w[at : at + 2] == ("ISOLATION", "LEVEL"):
            two = w[at + 2] in ("READ", "REPEATABLE") if at + 2 < len(w) else False
            found = " ".join(w[at : at + 4 if two else at + 3])
    return found


def _of_one(statements: Sequence[Statement]) -> tuple[Segment, ...]:
    alone = {s.number: t.alone for s in statements if (t := head_of(s)).alone}
    return _cut(statements, {**early_enum_values(statements), **alone})


def _cut(statements: Sequence[Statement], alone: dict[int, str]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    batch: list[int] = []
    for statement in statements:
        why = alone.get(statement.number)
        if why is None:
            batch.append(statement.number)
            continue
        if batch:
            found.append(Segment(tuple(batch)))
            batch = []
        found.append(Segment((statement.number,), why))
    if batch:
        found.append(Segment(tuple(batch)))
    return tuple(found)


def wrapping(statements: Sequence[Statement]) -> frozenset[int]:
    """The numbers of a BEGIN … COMMIT pair around a whole file with no other transaction statement in it."""
    if len(statements) < 2 or transaction_trap(statements) is not None:
        return frozenset()
    kinds = [head_of(s).transaction for s in (statements[0], statements[-1])]
    return (
        frozenset({statements[0].number, statements[-1].number})
        if kinds == ["begin", "commit"]
        else frozenset()
    )


def joining(statements: Sequence[Statement]) -> frozenset[int]:
    """The numbers of the BEGIN and COMMIT statements that cut a file in parts (a ``NOTIFY`` after the COMMIT,
    say), if no part relies on an earlier one's end: all of it can run as one transaction, and so does."""
    trap = transaction_trap(statements)
    if trap is None or trap.code != "parts" or refused_trap(statements) is not None:
        return frozenset()
    control = [s for s in statements if head_of(s).transaction not in ("", "savepoint")]
    last = max(s.number for s in control if head_of(s).transaction == "commit")
    last_part = max((s.number for s in control if s.number < last), default=0)
    has_more = statements[-1].number > last
    before = [s for s in statements if s.number < (last if has_more else last_part)]
    return frozenset() if any(map(_relies_on_its_end, before)) else frozenset(s.number for s in control)


def refused_trap(statements: Sequence[Statement]) -> Trap | None:
    """The :func:`transaction_trap` of a file that landed does not run because of it, or ``None``: all but
    plain BEGIN and COMMIT statements that leave no transaction open."""
    trap = transaction_trap(statements)
    if trap is None or trap.code != "parts":
        return trap
    control = (s for s in statements if head_of(s).transaction not in ("", "savepoint"))
    return None if all(map(_is_plain, control)) else trap


_PLAIN = frozenset(("BEGIN", "START", "COMMIT", "END"))
_LASTS = re.compile(r"\bset_config\b|\bset\s+(?:local|role|session|constraints)\b|\bperform\b|\bcall\b", re.I)


def _is_plain(statement: Statement) -> bool:
    head = head_of(statement)
    return head.verb in _PLAIN and head.words[1:] in ((), ("WORK",), ("TRANSACTION",))


def _relies_on_its_end(statement: Statement) -> bool:
    """Whether a COMMIT may undo what a statement set, so that what follows would run differently without."""
    head = head_of(statement)
    w = head.words
    if head.verb == "SET":
        ends = w[1:2] in (("LOCAL",), ("TRANSACTION",), ("CONSTRAINTS",))
        return ends and not "".join(w[2:3]).endswith("_TIMEOUT")
    if head.verb == "CREATE":
        return "TEMP" in "".join(w[1:4]) and "on commit" in " ".join(statement.text.lower().split())
    if head.verb == "DO":
        return _LASTS.search(statement.text) is not None
    return head.verb in ("SELECT", "WITH", "CALL", "LOCK")


def transaction_trap(statements: Sequence[Statement]) -> Trap | None:
    """What would go wrong with a file's own transaction statements, worst first; ``None`` for files without
    any, and for one BEGIN … COMMIT around the whole file. Which of them landed runs all the same, says
    :func:`refused_trap`.

    ``open-end``: the file ends inside a transaction that it opened, so that everything after that BEGIN is
    lost, and the CLI's ledger row with it (supabase/cli#5047). ``rollback``: the file takes back what it
    did. ``prepare``: two-phase commit. ``parts``: the file commits in parts, and a failure leaves half of it.
    """
    control = [(s, t) for s in statements if (t := head_of(s).transaction) and t != "savepoint"]
    if not control:
        return None
    inside, opened = False, control[0][0]
    for statement, kind in control:
        if kind == "begin" and not inside:
            inside, opened = True, statement
        elif kind in ("commit", "rollback"):
            inside = _chains(statement) and inside
            opened = statement if inside else opened
    if inside:
        return Trap(
            "open-end",
            opened.number,
            opened.line,
            f"the transaction that line {opened.line} opens is never committed: what follows it is lost",
        )
    for code, text in (
        ("rollback", "takes back what the file did"),
        ("prepare", "leaves the commit to others"),
    ):
        for statement, kind in control:
            if kind == code:
                shown = f"{head_of(statement).shown} in line {statement.line}"
                return Trap(code, statement.number, statement.line, f"{shown} {text}")
    first, last = statements[0], statements[-1]
    kinds = [kind for _, kind in control]
    if kinds == ["begin", "commit"] and control[0][0] == first and control[1][0] == last:
        return None
    odd = next(
        (s for s, kind in control if (kind == "begin") != (s is first) and s is not last), control[0][0]
    )
    return Trap(
        "parts",
        odd.number,
        odd.line,
        f"{head_of(odd).shown} in line {odd.line} cuts the file in parts: a failure leaves some",
    )


def _chains(statement: Statement) -> bool:
    return head_of(statement).words[:5][-2:] == ("AND", "CHAIN")


def early_enum_values(statements: Sequence[Statement]) -> dict[int, str]:
    """ALTER TYPE … ADD VALUE statements (by number) whose value a later statement of the file uses, with the
    reason: PostgreSQL lets a new value be used only after its transaction has committed (error 55P04)."""
    added = [_added_value(head_of(s)) for s in statements]
    if not any(added):
        return {}
    found: dict[int, str] = {}
    # Backwards: the first later line that has each literal.
    used: dict[str, int] = {}
    for statement, value in zip(reversed(statements), reversed(added), strict=True):
        if value is None:
            used.update(dict.fromkeys(_literals(statement.text), statement.line))
        elif (line := used.get(value[1])) is not None:
            found[statement.number] = (
                f"the new value {value[1]!r} is used in line {line}, which works after a commit only"
            )
    made: set[str] = set()
    for statement, value in zip(statements, added, strict=True):
        if value is None:
            made.update(_created_type(head_of(statement)))
        elif value[0] in made:
            found.pop(statement.number, None)
    return dict(sorted(found.items()))


def _added_value(head: Head) -> tuple[str, str] | None:
    w = head.words[:14]
    if not head.begins("ALTER", "TYPE") or "ADD" not in w:
        return None
    at = w.index("ADD")
    value = next((x for x in w[at:] if x.startswith("'")), None)
    if w[at + 1 : at + 2] != ("VALUE",) or value is None:
        return None
    return w[at - 1].strip('"').lower(), string_value(value)


def _created_type(head: Head) -> list[str]:
    """What a CREATE TYPE may be called by a later ALTER TYPE."""
    return [x.strip('"').lower() for x in head.words[2:6]] if head.begins("CREATE", "TYPE") else []


def _literals(sql: str, deep: int = 8) -> Iterator[str]:
    """The literals of a statement that runs now (not of a function's body)."""
    runs_bodies = deep > 0 and words(sql, 1) == ["DO"]
    for kind, text, _ in scan(sql):
        if kind == "string":
            yield string_value(text)
        elif kind == "dollar" and runs_bodies:
            yield from _literals(string_value(text), deep - 1)
