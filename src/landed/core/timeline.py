"""The replay timeline: what each statement of each migration did to the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from landed.core.facts import EXISTS, Change, Effects, FactKey, ObjectKey

BASE = "(starting schema)"
"""The name under which a starting schema stands in a timeline; no file can have it."""

Progress = Callable[[int, int, str], None]
"""Called with (files done, files in all, name of the file at work) while replaying."""


class Named(NamedTuple):
    """An object as an error calls it: ``relation`` ``public.posts``, ``function`` ``now_in(text)``."""

    kind: str
    name: str

    @property
    def last(self) -> str:
        """The name alone: without its schema, its arguments, quotes, and the brackets of an array."""
        return self.name.partition("(")[0].rpartition(".")[2].removesuffix("[]").strip('"')


class Failure(NamedTuple):
    """Why a statement could not be replayed.

    ``withheld`` says that it needs rights that landed gives to no file: it says nothing about the target.
    ``code`` is the SQLSTATE of Postgres, the name of SQLite's result (``SQLITE_CONSTRAINT_UNIQUE``),
    ``refused`` for what D1 or landed does not take, and ``""`` where nothing is known. ``missing`` is what
    was not there: first the thing itself (a column as ``table.column``), then what it would be a part of;
    ``there`` what was there already, in the same way. ``at`` is the moment where it was not the statement
    itself that the server refused: ``commit``, or ``session`` where it ended the session.
    """

    statement: int
    line: int
    message: str
    withheld: bool = False
    code: str = ""
    missing: tuple[Named, ...] = ()
    there: tuple[Named, ...] = ()
    at: str = ""

    def lacking(self, *kinds: str) -> Named | None:
        """The first of what was missing that is of one of these kinds."""
        return next((named for named in self.missing if named.kind in kinds), None)


class DataCheck(NamedTuple):
    """A read-only query that tells whether a statement's data is there (one row, one true value).

    ``derived`` checks come from the statement's own form; the others were written by the user
    (``-- landed:verify``). ``text`` says in words what is checked. One that is not ``whole`` leaves values
    out that cannot be compared: it tells that rows are missing, and never that the statement ran.
    ``again`` says that the statement can be run again without harm.
    """

    statement: int
    line: int
    sql: str
    text: str
    derived: bool
    whole: bool = True
    again: bool = False

    def told(self, value: object) -> tuple[bool | None, str]:
        """What the value that it gave means: passed, or ``None`` where it tells nothing; and why."""
        if value is None and self.derived:
            return None, "the rows are there with other values"
        return bool(value), ""


class StatementTrace(NamedTuple):
    """What one statement did in the replay.

    ``writes`` says that it inserted, updated or deleted rows (which no schema can prove);
    ``weak`` that it could not be replayed and ``effects`` are claims read from its text. ``blind`` names the
    parts of the engine's catalog that it changed and that no fact is read from.
    """

    number: int
    line: int
    effects: Effects
    writes: bool = False
    weak: bool = False
    blind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One migration in the timeline: the traces of its statements and what they add up to.

    ``digest`` is that of the file's normalised SQL. ``dropped`` are the tables that its statements
    drop (also in a rebuild), ``deleted`` those that it deletes from in so many words. ``guarded``
    says that rows can get lost or references break without an error (drops, renames, deferred
    foreign keys), so that rows and references are to be counted before and after.
    """

    name: str
    digest: str
    traces: tuple[StatementTrace, ...]
    failures: tuple[Failure, ...] = ()
    checks: tuple[DataCheck, ...] = ()
    dropped: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    guarded: bool = False
    net: dict[FactKey, tuple[str | None, str | None, int]] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether any statement could not be replayed."""
        return bool(self.failures)

    def with_traces(self, traces: Iterable[StatementTrace]) -> Step:
        """The step with other traces, and what those add up to."""
        kept = {name: getattr(self, name) for name in Step.__dataclass_fields__}
        done = tuple(traces)
        return Step(**kept | {"traces": done, "net": net_effects(done)})

    def concerns(self, kind: str) -> bool:
        """Whether the file's net effect has to do with any object of this kind."""
        return any(key.kind == kind for key in self.net)


def net_effects(traces: Iterable[StatementTrace]) -> dict[FactKey, tuple[str | None, str | None, int]]:
    """Fold statements into ``key -> (before, after, number of the last statement that wrote it)``.

    What cancels out within the file (the temporary name of a table rebuild) is not in the result.
    """
    net: dict[FactKey, tuple[str | None, str | None, int]] = {}
    for trace in traces:
        number = trace.number
        for key, before, after in trace.effects:
            first = net.get(key)
            net[key] = (before if first is None else first[0], after, number)
    return {key: value for key, value in net.items() if value[0] != value[1]}


def leftovers(step: Step) -> dict[ObjectKey, int]:
    """Objects that exist only between two statements of the file -> the statement that removes them.

    Found in a live schema they say that the file stopped half-way.
    """
    passing: dict[ObjectKey, int] = {}
    for trace in step.traces:
        for key, before, after in trace.effects:
            if key.prop != EXISTS:
                continue
            if before is None:
                passing[key.object] = 0
            elif after is None and key.object in passing:
                passing[key.object] = trace.number
    return {o: n for o, n in passing.items() if n and o.fact(EXISTS) not in step.net}


def step_effects(step: Step) -> Effects:
    """The net effect of a whole migration as changes."""
    return tuple(Change(key, before, after) for key, (before, after, _) in step.net.items())


def facts_after(steps: Iterable[Step]) -> dict[FactKey, str]:
    """The facts that are expected once all these steps have run, from an empty database."""
    facts: dict[FactKey, str] = {}
    for step in steps:
        for key, (_, after, _) in step.net.items():
            if after is None:
                facts.pop(key, None)
            else:
                facts[key] = after
    return facts
