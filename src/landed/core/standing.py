"""The central table: ledger claim x verdict = standing."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from landed.core.facts import FactKey
from landed.core.flags import Flag
from landed.core.next import Next


class Verdict(StrEnum):
    """What the evidence proves about one migration."""

    LANDED = "landed"
    PARTIAL = "partial"
    ABSENT = "absent"
    SUPERSEDED = "superseded"
    UNPROVABLE = "unprovable"


class Standing(StrEnum):
    """What is true about one migration: what the ledger claims beside what the schema proves."""

    OK = "ok"
    PARTIAL = "partial"
    PHANTOM = "phantom"
    UNPROVABLE = "unprovable"
    UNRECORDED = "unrecorded"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NO_FILE = "no-file"
    EDITED = "edited"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATE = "duplicate"


_TABLE = {
    (True, Verdict.LANDED): Standing.OK,
    (True, Verdict.PARTIAL): Standing.PARTIAL,
    (True, Verdict.ABSENT): Standing.PHANTOM,
    (True, Verdict.SUPERSEDED): Standing.OK,
    (True, Verdict.UNPROVABLE): Standing.UNPROVABLE,
    (False, Verdict.LANDED): Standing.UNRECORDED,
    (False, Verdict.PARTIAL): Standing.PARTIAL,
    (False, Verdict.ABSENT): Standing.PENDING,
    (False, Verdict.SUPERSEDED): Standing.UNKNOWN,
    (False, Verdict.UNPROVABLE): Standing.UNKNOWN,
}

FAILS_VERIFY = frozenset(
    {Standing.PHANTOM, Standing.PARTIAL, Standing.EDITED, Standing.NO_FILE, Standing.DUPLICATE}
)
"""The standings with which ``verify`` says no."""


def standing(recorded: bool, verdict: Verdict) -> Standing:
    """The standing table of the design."""
    return _TABLE[recorded, verdict]


class Evidence(NamedTuple):
    """One fact (or data check) that a migration is judged by, beside what the database says.

    ``expected`` and ``observed`` are ``None`` for "not there". ``weak`` evidence comes from a
    statement's text or from data that may have changed since, not from a replay.
    """

    fact: str
    expected: str | None
    observed: str | None
    holds: bool
    statement: int | None = None
    line: int | None = None
    weak: bool = False
    key: FactKey | None = None


class Location(NamedTuple):
    """How far an interrupted migration got.

    ``low`` and ``high`` bound the number of statements that have run; they differ when the
    statements between them leave no trace. ``exact`` says that the schema is precisely what the
    replay shows after so many statements; otherwise ``done`` and ``missing`` name single
    statements by their effects, and ``mixed`` those that are neither. ``stopped`` says that something
    is there which exists only in the middle of the file: it stopped there, and nobody has merely damaged
    what it once did.
    """

    exact: bool
    low: int
    high: int
    done: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    mixed: tuple[int, ...] = ()
    stopped: bool = False


class Remedy(NamedTuple):
    """What makes a partial migration good where its own statements cannot.

    ``sql`` are statements (without ``;``), in order, that bring the facts ``restores`` back; ``left`` the
    facts that nothing known brings back; ``cautions`` what to know first, in prose. ``instead`` are
    statements for a new migration, which takes over what is there and cannot be undone. One that is
    ``better`` comes before the file's own statements: these would make a second of what has another name,
    or take away more than they should. Where it is ``alone``, these do not run on what is there. One that
    ``opens`` access is the second way: ``instead`` keeps shut what somebody has shut.
    """

    sql: tuple[str, ...]
    restores: tuple[FactKey, ...] = ()
    left: tuple[FactKey, ...] = ()
    cautions: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    better: bool = False
    alone: bool = False
    opens: bool = False

    @property
    def whole(self) -> bool:
        """Whether running it leaves nothing to do by hand."""
        return bool(self.sql) and not self.left


class Judgement(NamedTuple):
    """What is true about one migration, and why.

    ``held`` and ``owned`` count facts; ``evidence`` lists what does not hold (all of it) and, for
    data checks, what does. ``unproven`` are the statements (numbers) that write rows and have no
    check, so that nothing in the database shows whether they ran, ``unread`` those that left something which
    no fact is read from. ``verdict`` is ``None`` where
    there is no file that could be judged. ``flags`` are stable codes, ``notes`` prose;
    ``renamed`` is the other name of a file whose ledger row still has its old one; ``remedy`` what helps
    where the file's own statements do not; ``allow`` the consents that the next command needs by name.
    """

    name: str
    recorded: bool
    verdict: Verdict | None
    standing: Standing
    version: str = ""
    file: str | None = None
    owned: int = 0
    held: int = 0
    evidence: tuple[Evidence, ...] = ()
    unproven: tuple[int, ...] = ()
    superseded_by: tuple[str, ...] = ()
    location: Location | None = None
    flags: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()
    next: Next | None = None
    statements: int = 0
    renamed: str | None = None
    remedy: Remedy | None = None
    allow: tuple[str, ...] = ()
    unread: tuple[int, ...] = ()
