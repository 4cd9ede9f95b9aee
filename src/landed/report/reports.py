"""What commands hand over to be rendered: what was found or done, and what of it is to be seen.

One class or more for each module of a format. A command that asks for consent renders its report twice: as
a plan, and again when it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
    from landed.ops.selftest import Left, TrialPlan, Tried
    from landed.ops.shadow_pull import Pulled
    from landed.ops.undo import Undone, UndoPlan
    from landed.ops.verify import Answer
    from landed.ops.workspace import Workspace
    from landed.report.target import TargetInfo


class Status(NamedTuple):
    """Where every migration of one target stands; ``everything`` folds no long runs."""

    exam: Examination
    everything: bool = False


class Verify(NamedTuple):
    """Whether the schema of one target holds what its history claims."""

    exam: Examination
    answer: Answer


class SideBySide(NamedTuple):
    """Several targets: their status, or, with an answer for each that could be read, whether it holds."""

    together: beside.SideBySide
    answers: Sequence[Answer | None] | None = None
    everything: bool = False


class Apply(NamedTuple):
    """What ``verb`` (apply or resume) would run (``again`` does it), or, with ``done``, what came of it."""

    exam: Examination
    plan: Plan
    verb: str
    dry_run: bool = False
    done: ApplyReport | None = None
    again: Next | None = None


class FileDone(NamedTuple):
    """One file of a plan is done (``at`` counts from 0)."""

    plan: Plan
    at: int
    applied: Applied


class WayBack(NamedTuple):
    """The moment before the first write, to which the database can be set back."""

    undo: UndoPoint


class Repair(NamedTuple):
    """How the ledger would be changed (or files written), or, with ``done``, that it was.

    ``again`` is what to do next: what does it, or what follows.
    """

    exam: Examination
    plan: RepairPlan
    fetch: bool = False
    done: bool = False
    undo: UndoPoint | None = None
    again: Next | None = None


class Lock(NamedTuple):
    """What the lock file says more, or with ``check`` would; without ``exam`` no database was asked."""

    workspace: Workspace
    exam: Examination | None
    report: LockReport
    check: bool


class ExecOn(NamedTuple):
    """Which database one-off SQL is about."""

    workspace: Workspace


class ExecPlan(NamedTuple):
    """What one-off SQL would write."""

    plan: OneOff


class Exec(NamedTuple):
    """What one-off SQL came to."""

    done: Executed


class Undo(NamedTuple):
    """What going back would lose (``again`` does it), or, with ``done``, what came of it."""

    plan: UndoPlan
    dry_run: bool = False
    done: Undone | None = None
    again: Next | None = None


class Rehearse(NamedTuple):
    """What the shadow has shown; ``data``, of the copy of the real rows, comes after the rest is told."""

    workspace: Workspace
    rehearsal: Rehearsal
    data: DataRehearsal | None = None
    everything: bool = False


class Drift(NamedTuple):
    """In what two schemas differ; ``start`` is the folder in which the user is."""

    drift: drifting.Drift
    start: Path


class Doctor(NamedTuple):
    """The configuration in force, and what is wrong."""

    diagnosis: Diagnosis


class SelfTest(NamedTuple):
    """A trial on a hosted database of its own that is to be made (``again`` does it), or, with ``done``, what
    came of it."""

    plan: TrialPlan
    done: Tried | None = None
    again: Next | None = None


class Removed(NamedTuple):
    """The database of an earlier trial that is to be deleted, or (``done``) was."""

    left: Left
    done: bool = False
    again: Next | None = None


class Shadow(NamedTuple):
    """What shadow pull wrote; ``changed`` is the settings file that names it now."""

    spec: TargetInfo
    pulled: Pulled
    changed: Path | None


class Completion(NamedTuple):
    """The completion script of a shell."""

    shell: str
    script: str


class Demo(NamedTuple):
    """The steps of the tour, which people have seen already; ``folder`` is the one that was kept."""

    folder: Path | None
    steps: Sequence[Mapping[str, Any]]


class Failed(NamedTuple):
    """An error that ends a command. Commands in ``details`` and ``next`` have the user's options already.

    ``for_people`` and ``next_for_people`` are told where no program reads; ``expected``: landed says it, and
    not the command line's own rules or a defect.
    """

    error: BaseException
    message: str
    exit_code: int
    where: str | None = None
    details: tuple[str, ...] = ()
    next: str | None = None
    for_people: tuple[str, ...] = ()
    next_for_people: str | None = None
    expected: bool = False


Report = (
    Status
    | Verify
    | SideBySide
    | Apply
    | FileDone
    | WayBack
    | Repair
    | Lock
    | ExecOn
    | ExecPlan
    | Exec
    | Undo
    | Rehearse
    | Drift
    | Doctor
    | SelfTest
    | Removed
    | Shadow
    | Completion
    | Demo
    | Failed
)

MODULES: dict[type, str] = {
    Status: "status",
    Verify: "verify",
    SideBySide: "side_by_side",
    Apply: "apply",
    FileDone: "apply",
    WayBack: "apply",
    Repair: "repair",
    Lock: "lock",
    ExecOn: "execute",
    ExecPlan: "execute",
    Exec: "execute",
    Undo: "undo",
    Rehearse: "rehearse",
    Drift: "drift",
    Doctor: "doctor",
    SelfTest: "selftest",
    Removed: "selftest",
    Shadow: "shadow",
    Completion: "completion",
    Demo: "demo",
    Failed: "error",
}
"""Which module of a format renders a report."""
