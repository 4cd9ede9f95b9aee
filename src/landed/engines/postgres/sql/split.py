"""PostgreSQL statements: splitting with positions, normalising, and reading a migration's text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from landed.core.annotations import verifies
from landed.core.flags import Flag
from landed.core.migration import Head, Parsed, Statement
from landed.engines.postgres.sql.tokens import Token, literal, quote, scan, tokenize

__all__ = ["Problem", "Token", "literal", "normalise", "parse", "problems", "quote", "split", "tokenize"]

_ROUTINES = frozenset({"FUNCTION", "PROCEDURE"})
_LONGEST_COMMAND = 40
_NO_KEYWORD_AFTER = frozenset({".", "AS"})


class Problem(NamedTuple):
    """Something in a file that is for psql and that no server understands; ``line`` counts from 1."""

    line: int
    code: str
    text: str


def split(sql: str) -> tuple[Statement, ...]:
    """The statements of a text, with the boundaries that PostgreSQL itself sees.

    Comments and empty statements between them belong to none; a statement starts at its first
    token and ends with its last one, the final ``;`` excluded. Raises nothing.
    """
    return parse(sql).statements


def normalise(sql: str) -> str:
    """The text over which edits are judged: two texts are equal here if they differ only in comments, in
    white space outside literals, in the letter case of bare words, or in empty statements and the last
    ``;``. Literals, quoted names and dollar-quoted bodies are kept exactly."""
    return parse(sql).normalised


def parse(text: str) -> Parsed:
    """Statements, ``-- landed:verify`` checks and the normalised form of a migration's text.

    A ``;`` ends a statement except in parentheses and in a ``BEGIN ATOMIC … END`` body of a function.
    Raises nothing: any text can be split.
    """
    return read(text)[0]


def read(text: str) -> tuple[Parsed, list[int]]:
    """What :func:`parse` gives, and the offset of every ``;`` that ends a statement, empty ones included."""
    statements: list[Statement] = []
    ends: list[int] = []
    comments: list[tuple[int, str]] = []
    normal: list[str] = []
    lead: list[str] = []
    depth = blocks = first = last = counted = 0
    line = 1
    before = ";"
    for kind, piece, start in scan(text):
        if kind == "space":
            continue
        if kind == "comment":
            comments.append((start, piece))
            continue
        if kind == "operator":
            if piece == ";" and not depth and not blocks:
                ends.append(start)
                if first < last:
                    statements.append(_statement(len(statements) + 1, line, first, last, text))
                    normal.append(";")
                first = last = start + 1
                lead.clear()
                before = ";"
                continue
            if piece == "(":
                depth += 1
            elif piece == ")" and depth:
                depth -= 1
        elif kind == "word":
            upper = piece.upper()
            if upper == "ATOMIC" and before == "BEGIN" and _is_routine(lead):
                blocks += 1
            elif blocks and not depth and before not in _NO_KEYWORD_AFTER:
                if upper == "CASE":
                    blocks += 1
                elif upper == "END":
                    blocks -= 1
            piece = piece.lower() if piece.isascii() else piece.translate(_LOWER)
            before = upper
            if len(lead) < 4:
                lead.append(upper)
        if first >= last:
            first = start
            line += text.count("\n", counted, first)
            counted = first
        last = start + len(piece)
        normal.append(piece)
        if kind != "word":
            before = piece
    if first < last:
        statements.append(_statement(len(statements) + 1, line, first, last, text))
    while normal and normal[-1] == ";":
        normal.pop()
    return Parsed(tuple(statements), tuple(verifies(text, comments)), " ".join(normal)), ends


def _statement(number: int, line: int, first: int, last: int, text: str) -> Statement:
    return Statement(number, line, first, last, text[first:last], _head)


def _head(sql: str) -> Head:
    # Most commands cut files in statements and ask nothing of them.
    from landed.engines.postgres.sql.head import read_head

    return read_head(sql)


_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _is_routine(lead: Sequence[str]) -> bool:
    if lead[:1] != ["CREATE"]:
        return False
    return not _ROUTINES.isdisjoint(lead[3:4] if lead[1:3] == ["OR", "REPLACE"] else lead[1:2])


def problems(text: str) -> tuple[Problem, ...]:
    """What in a file only psql understands: its commands (``\\restrict``, ``\\connect``, …) and rows that
    follow ``COPY … FROM stdin``. Both come with dumps. The server, and so the Supabase CLI, refuses them."""
    if "\\" not in text and "stdin" not in text.lower():
        return ()
    found: list[Problem] = []
    at = skipped = occupied = counted = 0
    line = 1
    statement: list[str] = []

    def note(place: int, code: str, why: str) -> None:
        nonlocal counted, line
        line += text.count("\n", counted, place)
        counted = place
        found.append(Problem(line, code, why))

    while at < len(text):
        for kind, piece, place in scan(text, at):
            if kind == "space":
                continue
            # Nothing but space stands between the last token and this one: is a line's end among it?
            begins = not occupied or text.rfind("\n", occupied, place) >= 0
            occupied = place + len(piece)
            if kind == "comment":
                continue
            if kind == "other" and piece[0] == "\\" and begins:
                end = _line_end(text, place)
                command = text[place : min(end, place + _LONGEST_COMMAND)].split(maxsplit=1)[0]
                note(
                    place,
                    Flag.PSQL_COMMAND,
                    f"{command} is a command of psql, not SQL: the server refuses it",
                )
                at = occupied = end
                statement = []
                break
            if piece == ";":
                if statement[:1] == ["COPY"] and "STDIN" in statement:
                    rows = text.find("\n\\.", place)
                    note(
                        skipped,
                        Flag.COPY_STDIN,
                        "COPY … FROM stdin takes its rows from psql: write them as INSERT",
                    )
                    at = occupied = len(text) if rows < 0 else _line_end(text, rows + 1)
                    statement = []
                    break
                statement = []
            else:
                if not statement:
                    skipped = place
                statement.append(piece.upper() if kind == "word" else "")
        else:
            break
    return tuple(found)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
