"""repair: make the ledger say what the schema proves, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landed.core.applied import UndoPoint
from landed.core.errors import Code, Interrupted, NotProven, UsageError
from landed.core.flags import Flag
from landed.core.next import STATUS, Hand, Hint, Next, landed
from landed.core.standing import Judgement, Standing, Verdict
from landed.core.stopping import held
from landed.ops.apply import find_migration
from landed.ops.examine import Examination

if TYPE_CHECKING:
    from landed.ops.fileless_fetch import MissingFile


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """One change of the ledger: ``action`` is ``add``, ``remove`` or ``rename``; ``proof`` is why. With
    ``fetch`` the ledger stays as it is, and the file that a row has lost is written (``new_name``)."""

    action: str
    name: str
    proof: str
    new_name: str | None = None


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """The changes, and what is left alone with the reason."""

    changes: tuple[LedgerChange, ...]
    refused: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    files: tuple[MissingFile, ...] = ()
    fetches: bool = False


def plan_fetch(exam: Examination, names: Sequence[str] = ()) -> RepairPlan:
    """The files to write for rows that have none, from the SQL that the ledger holds; without names all.

    Raises UsageError for a name that is neither a file nor a ledger row, NotProven when a named one cannot
    be written.
    """
    from landed.ops.fileless_fetch import missing_file

    fileless = [j for j in exam.judgements if j.standing is Standing.NO_FILE and not j.renamed]
    chosen = [_find(exam, name) for name in names] if names else fileless
    changes: list[LedgerChange] = []
    refused: list[tuple[str, str]] = []
    files: list[MissingFile] = []
    for judgement in dict.fromkeys(chosen):
        found = missing_file(exam, judgement)
        if isinstance(found, str):
            refused.append((judgement.name, found))
            continue
        count = f"{found.statements} statement{'s' * (found.statements != 1)}"
        path = exam.workspace.path_of(found.path.name)
        changes.append(LedgerChange("fetch", judgement.name, f"the ledger holds its SQL ({count})", path))
        files.append(found)
    if names and refused and not changes:
        name, why = refused[0]
        raise NotProven(
            f"The file of {name} cannot be written: {why}.",
            code=Code.MISSING_OBJECT,
            details=["Nothing was changed."],
            next=STATUS,
        )
    return RepairPlan(tuple(changes), tuple(refused), files=tuple(files), fetches=True)


def plan_repair(exam: Examination, names: Sequence[str] = (), *, reason: str | None = None) -> RepairPlan:
    """What the ledger should say instead. Without names: everything that is proven.

    A name with a ``reason`` also allows what nothing proves. Raises UsageError for a name that is
    neither a file nor a ledger row, NotProven when a named one must not be repaired.
    """
    chosen = [_find(exam, name) for name in names] if names else list(exam.judgements)
    changes: list[LedgerChange] = []
    refused: list[tuple[str, str]] = []
    for judgement in chosen:
        change, why_not = _change(exam, judgement, reason if names else None)
        if change is not None:
            if change not in changes:
                changes.append(change)
        elif why_not:
            refused.append((judgement.name, why_not))
    if names and refused and not changes:
        name, why = refused[0]
        judgement = next(j for j in chosen if j.name == name)
        raise NotProven(
            f"{name} is {judgement.standing} and was not repaired: {why}",
            code=Code.NOT_PROVEN,
            details=["Nothing was changed."],
            next=_advice(judgement),
        )
    return RepairPlan(tuple(changes), tuple(refused), reason)


def run_repair(
    exam: Examination, plan: RepairPlan, *, on_undo: Callable[[UndoPoint], None] | None = None
) -> UndoPoint | None:
    """Write the changes in one transaction; returns the way back, where there is one.

    ``on_undo`` is told it before anything is written. Raises NotProven when the ledger has changed
    meanwhile.
    """
    if plan.fetches:
        from landed.ops.fileless_fetch import write_files

        write_files(plan.files)
        return None
    exam.workspace.check_lock()
    with exam.workspace.target.writer() as writer:
        undo = writer.undo
        if writer.undo is not None:
            if on_undo is not None:
                on_undo(writer.undo)
            exam.workspace.engine.remember(writer.undo, "repair", [c.name for c in plan.changes])
        try:
            writer.change_ledger(
                [c.name for c in plan.changes if c.action == "add"],
                [c.name for c in plan.changes if c.action == "remove"],
                [(c.name, c.new_name or c.name) for c in plan.changes if c.action == "rename"],
            )
        except Interrupted as stopped:
            _lock(exam, plan, stopped.applied)
            raise
    _lock(exam, plan, [s.name for s in exam.steps])
    return undo


def _lock(exam: Examination, plan: RepairPlan, recorded: Sequence[str]) -> None:
    """The lock file knows what is recorded by now."""
    added = {c.new_name or c.name for c in plan.changes if c.action in ("add", "rename")} & set(recorded)
    if added:
        with held(last=True):
            exam.workspace.write_lock({s.name: s.digest for s in exam.steps if s.name in added})


def _find(exam: Examination, name: str) -> Judgement:
    judgement = exam.judgement(name)
    if judgement is None:
        judgement = exam.judgement(find_migration(exam, name).name)
    if judgement is None:
        raise UsageError(f"There is no migration or ledger row {name}.", next=STATUS)
    return judgement


def _change(
    exam: Examination, judgement: Judgement, reason: str | None
) -> tuple[LedgerChange | None, str | None]:
    name, held = judgement.name, judgement.held
    if Flag.UNSEEN in judgement.flags and judgement.standing is not Standing.NO_FILE:
        return None, judgement.notes[-1]
    match judgement.standing:
        case Standing.NO_FILE if judgement.renamed:
            return LedgerChange(
                "rename", name, "the same migration under its new name", judgement.renamed
            ), None
        case Standing.UNRECORDED if judgement.renamed:
            return (
                LedgerChange("rename", judgement.renamed, "the same migration under its new name", name),
                None,
            )
        case Standing.UNRECORDED:
            if judgement.unproven and not reason:
                numbers = ", ".join(map(str, judgement.unproven))
                return None, f"its schema is there, but nothing shows that statement {numbers} wrote its rows"
            if judgement.unread and not reason:
                numbers = ", ".join(map(str, judgement.unread))
                return None, f"its schema is there, but landed does not read what statement {numbers} leaves"
            proof = f"all {held} facts that it owns are there" if held else "superseded by later migrations"
            return LedgerChange("add", name, proof), None
        case Standing.PHANTOM if judgement.unproven and not reason:
            numbers = ", ".join(map(str, judgement.unproven))
            return None, (
                f"statement {numbers} writes rows, and nothing shows whether they were written: without its "
                "ledger row, apply would write them again"
            )
        case Standing.PHANTOM:
            missed = judgement.owned - held
            proof = f"none of its effects is there ({missed} fact{'s' * (missed != 1)} missing)"
            return LedgerChange("remove", name, proof if missed else "its own check is not true"), None
        case Standing.NO_FILE if reason:
            return LedgerChange("remove", name, f"no such file; reason given: {reason}"), None
        case Standing.NO_FILE:
            return None, "there is no file, so nothing shows what it did"
        case Standing.OUT_OF_ORDER if reason and judgement.verdict is not Verdict.ABSENT:
            return LedgerChange("add", name, f"nothing proves it; reason given: {reason}"), None
        case Standing.UNKNOWN if reason:
            return LedgerChange("add", name, f"nothing proves it; reason given: {reason}"), None
        case Standing.UNPROVABLE if reason:
            return LedgerChange("remove", name, f"nothing proves it; reason given: {reason}"), None
        case Standing.UNKNOWN | Standing.UNPROVABLE:
            return None, "nothing in the database shows whether it ran"
        case Standing.PARTIAL:
            return None, "it ran half-way: the ledger cannot say that in either way"
        case Standing.DUPLICATE if Flag.SAME_VERSION in judgement.flags:
            return None, "another file has the same version, and the ledger can hold only one of them"
        case Standing.DUPLICATE:
            return None, "it is recorded twice"
        case _:
            return None, None


def _advice(judgement: Judgement) -> str:
    if judgement.standing is Standing.PARTIAL or Flag.UNSEEN in judgement.flags:
        return judgement.next or STATUS
    say = landed("repair", judgement.name, reason=Hint("…"))
    other = landed("apply", to=judgement.name).unsaid() if judgement.standing is Standing.UNKNOWN else None
    return Next("If you know better, say so: ", say, other or _LEAVE, choice=f"repair {judgement.name}")


_LEAVE = Hand("leave it as it is", said=False)
