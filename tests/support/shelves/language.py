"""Statements about shelves: ``make NAME``, ``set NAME PROPERTY VALUE``, ``drop NAME``; each ends in ``;``."""

from __future__ import annotations

import re
from typing import NamedTuple

from landed.core.facts import EXISTS, YES, FactKey, difference
from landed.core.migration import Migration, Parsed, Statement
from landed.core.timeline import Failure, StatementTrace, Step, net_effects

Shelves = dict[str, dict[str, str]]
"""The name of each shelf -> its properties."""


class Refused(Exception):
    """Why a statement cannot be run."""


class Head(NamedTuple):
    """What kind of statement it is."""

    verb: str
    writes_rows: bool = False


def head(statement: str) -> Head:
    """Read a statement's first word."""
    return Head(statement.split(maxsplit=1)[0].upper())


def parse(text: str) -> Parsed:
    """The statements of a file; a line that begins with ``#`` is a comment."""
    bare = re.sub(r"^#.*$", lambda comment: " " * len(comment[0]), text, flags=re.MULTILINE)
    found = [match for match in re.finditer(r"[^;]+", bare) if match[0].strip()]
    statements = []
    for number, match in enumerate(found, 1):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        line = bare.count("\n", 0, start) + 1
        statements.append(Statement(number, line, start, match.end(), match[0].strip(), head))
    return Parsed(tuple(statements), (), ";".join(" ".join(s.text.split()) for s in statements))


def run(shelves: Shelves, statement: str) -> None:
    """Run one statement. Raises Refused."""
    match statement.split():
        case ["make", name] if name not in shelves:
            shelves[name] = {}
        case ["set", name, prop, value] if name in shelves:
            shelves[name][prop] = value
        case ["drop", name] if name in shelves:
            del shelves[name]
        case ["make", name]:
            raise Refused(f"shelf {name} is there already")
        case ["set" | "drop", name, *_]:
            raise Refused(f"there is no shelf {name}")
        case _:
            raise Refused(f"nobody understands: {statement}")


def facts_of(shelves: Shelves) -> dict[FactKey, str]:
    """The facts of all shelves."""
    found = {FactKey("shelf", "", name, EXISTS): YES for name in shelves}
    return found | {
        FactKey("shelf", "", name, prop): value
        for name, shelf in shelves.items()
        for prop, value in shelf.items()
    }


def replay(shelves: Shelves, migration: Migration) -> Step:
    """Run a file statement by statement; one that fails does not stop the rest."""
    traces, failures = [], []
    for statement in migration.statements:
        before, effects = facts_of(shelves), difference({}, {})
        try:
            run(shelves, statement.text)
            effects = difference(before, facts_of(shelves))
        except Refused as why:
            failures.append(Failure(statement.number, statement.line, str(why)))
        traces.append(StatementTrace(statement.number, statement.line, effects))
    net = net_effects(traces)
    return Step(migration.name, migration.digest, tuple(traces), tuple(failures), net=net)
