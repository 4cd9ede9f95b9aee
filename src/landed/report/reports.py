"""What commands hand over to be rendered: what was found or done, and what of it is to be seen.

One class for each module of a format. A command that asks for consent renders its report twice: as a plan,
and again when it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from landed.core import drift as drifting
    from landed.core.applied import Applied, UndoPoint
    from landed.core.findings import Rehearsal
    from landed.core.next import Next
    from landed.core.plan import Plan
    from landed.ops import side_by_side as beside
    from landed.ops.apply import ApplyReport
    from landed.ops.doctor import Diagnosis
    from landed.ops.examine import Examination
    from landed.ops.lock import LockReport
    from landed.ops.one_off import Executed, OneOff
    from landed.ops.rehearse_data import DataRehearsal
    from landed.ops.repair import RepairPlan
    from landed.ops.shadow_pull import Pulled
    from landed.ops.undo import Undone, UndoPlan
    from landed.ops.verify import Answer
    from landed.ops.workspace import Workspace
    from landed.report.target import TargetInfo


class Report(Protocol):
    """Anything that can be rendered. ``name`` is the module that does so in each format."""

    name: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Status:
    """Where every migration of one target stands; ``everything`` folds no long runs."""

    name: ClassVar[str] = "status"
    exam: Examination
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Verify:
    """Whether the schema of one target holds what its history claims."""

    name: ClassVar[str] = "verify"
    exam: Examination
    answer: Answer


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Several targets: their status, or, with an answer for each that could be read, whether it holds."""

    name: ClassVar[str] = "side_by_side"
    together: beside.SideBySide
    answers: Sequence[Answer | None] | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """What ``verb`` (apply or resume) would run (``again`` does it), or, with ``done``, what came of it."""

    name: ClassVar[str] = "apply"
    exam: Examination
    plan: Plan
    verb: str
    dry_run: bool = False
    done: ApplyReport | None = None
    again: Next | None = None


@dataclass(frozen=True, slots=True)
class FileDone:
    """One file of a plan is done (``index`` counts from 0)."""

    name: ClassVar[str] = "apply"
    plan: Plan
    index: int
    applied: Applied


@dataclass(frozen=True, slots=True)
class WayBack:
    """The moment before the first write, to which the database can be set back."""

    name: ClassVar[str] = "apply"
    undo: UndoPoint


@dataclass(frozen=True, slots=True)
class Repair:
    """How the ledger would be changed (or files written), or, with ``done``, that it was.

    ``again`` is what to do next: what does it, or what follows.
    """

    name: ClassVar[str] = "repair"
    exam: Examination
    plan: RepairPlan
    fetch: bool = False
    done: bool = False
    undo: UndoPoint | None = None
    again: Next | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """What the lock file says more, or with ``check`` would; without ``exam`` no database was asked."""

    name: ClassVar[str] = "lock"
    workspace: Workspace
    exam: Examination | None
    report: LockReport
    check: bool


@dataclass(frozen=True, slots=True)
class ExecOn:
    """Which database one-off SQL is about."""

    name: ClassVar[str] = "execute"
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class ExecPlan:
    """What one-off SQL would write."""

    name: ClassVar[str] = "execute"
    plan: OneOff


@dataclass(frozen=True, slots=True)
class Exec:
    """What one-off SQL came to."""

    name: ClassVar[str] = "execute"
    done: Executed


@dataclass(frozen=True, slots=True)
class Undo:
    """What going back would lose (``again`` does it), or, with ``done``, what came of it."""

    name: ClassVar[str] = "undo"
    plan: UndoPlan
    dry_run: bool = False
    done: Undone | None = None
    again: Next | None = None


@dataclass(frozen=True, slots=True)
class Rehearse:
    """What the shadow has shown; ``data``, of the copy of the real rows, comes after the rest is told."""

    name: ClassVar[str] = "rehearse"
    workspace: Workspace
    rehearsal: Rehearsal
    data: DataRehearsal | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """In what two schemas differ; ``start`` is the folder in which the user is."""

    name: ClassVar[str] = "drift"
    drift: drifting.Drift
    start: Path


@dataclass(frozen=True, slots=True)
class Doctor:
    """The configuration in force, and what is wrong."""

    name: ClassVar[str] = "doctor"
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Shadow:
    """What shadow pull wrote; ``changed`` is the settings file that names it now."""

    name: ClassVar[str] = "shadow"
    spec: TargetInfo
    pulled: Pulled
    changed: Path | None


@dataclass(frozen=True, slots=True)
class Completion:
    """The completion script of a shell."""

    name: ClassVar[str] = "completion"
    shell: str
    script: str


@dataclass(frozen=True, slots=True)
class Demo:
    """The steps of the tour, which people have seen already; ``folder`` is the one that was kept."""

    name: ClassVar[str] = "demo"
    folder: Path | None
    steps: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Failed:
    """An error that ends a command. Commands in ``details`` and ``next`` have the user's options already.

    ``for_people`` and ``next_for_people`` are told where no program reads; ``expected``: landed says it, and
    not the command line's own rules or a defect.
    """

    name: ClassVar[str] = "error"
    error: BaseException
    message: str
    exit_code: int
    where: str | None = None
    details: tuple[str, ...] = ()
    next: str | None = None
    for_people: tuple[str, ...] = ()
    next_for_people: str | None = None
    expected: bool = False
