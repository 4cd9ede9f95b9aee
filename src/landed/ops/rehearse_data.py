"""rehearse --with-data: the pending files on a full copy of the database, run just as ``apply`` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from landed.core.applied import Consent
from landed.core.errors import LandedError, LimitReached, NotProven, UsageError
from landed.core.next import REHEARSE
from landed.core.plan import PlanItem
from landed.engines.base import DatabaseCopy
from landed.ops.apply import plan_apply
from landed.ops.examine import Examination


@dataclass(frozen=True, slots=True)
class RowCount:
    """The rows of one table before and after a file; ``None`` where the table is not there."""

    table: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class DataFile:
    """One pending file on the copy.

    ``outcome``: ``proven`` (``apply`` would run and record it), ``refused`` (``apply`` would roll it
    back; ``error`` says why and what works) or ``not run`` (a file before it was refused).
    """

    item: PlanItem
    outcome: str
    error: LandedError | None = None
    rows: tuple[RowCount, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DataRehearsal:
    """What ``apply`` would come to on the data as it is; ``size`` is that of the copy, in bytes.

    ``refusal`` is set when ``apply`` would not even start.
    """

    examination: Examination
    files: tuple[DataFile, ...]
    size: int = 0
    refusal: LandedError | None = None

    @property
    def found(self) -> bool:
        """Whether ``apply`` would stop somewhere."""
        return self.refusal is not None or any(f.outcome == "refused" for f in self.files)


def rehearse_with_data(
    exam: Examination,
    consent: Consent,
    *,
    on_copy: Callable[[int, Path], None] | None = None,
) -> DataRehearsal:
    """Copy the database, run what is pending on the copy, take the copy away again.

    The database itself is only read. ``on_copy`` is told the copy's size and folder as soon as it is
    made. Raises UsageError when there is no local database, CannotKnow, Busy.
    """
    copied = exam.workspace.engine.copied()
    if not exam.state.present:
        raise UsageError("There is no database to copy: it does not exist yet.", next=REHEARSE)
    try:
        plan = plan_apply(exam)
    except NotProven as error:
        return DataRehearsal(exam, (), refusal=error)
    if not plan.items:
        return DataRehearsal(exam, ())
    with copied as copy:
        if on_copy is not None:
            on_copy(copy.size, copy.folder)
        return DataRehearsal(exam, tuple(_run(copy, plan.items, consent)), copy.size)


def _run(copy: DatabaseCopy, items: Sequence[PlanItem], consent: Consent) -> list[DataFile]:
    files: list[DataFile] = []
    before = copy.counts()
    with copy.writer() as writer:
        for index, item in enumerate(items):
            try:
                applied = writer.run(item.migration, item.step, item.statements, consent, record=item.record)
            except LimitReached:
                raise
            except LandedError as error:
                files.append(DataFile(item, "refused", error))
                files += [DataFile(later, "not run") for later in items[index + 1 :]]
                break
            after = copy.counts()
            files.append(DataFile(item, "proven", None, _changed(before, after), applied.seconds))
            before = after
    return files


def _changed(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[RowCount, ...]:
    return tuple(
        RowCount(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and (before.get(name) or after.get(name))
    )
