"""rehearse --with-data: the pending files on a full copy of the database, run just as ``apply`` does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from landed.core import last_resort
from landed.core.errors import LandedError, LimitReached, NotProven, UsageError
from landed.core.next import REHEARSE, Next
from landed.core.plan import PlanItem
from landed.engines.base import Consent
from landed.engines.sqlite.sql.tokens import quote
from landed.engines.sqlite.target import SqliteTarget
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
    target = exam.workspace.target
    if not isinstance(target, SqliteTarget):
        raise UsageError(
            "A remote database is not copied: its rows would have to leave it.",
            next=Next(REHEARSE, "   (with data: on the local database, --target d1:local)"),
        )
    if not exam.state.present:
        raise UsageError("There is no database to copy: it does not exist yet.", next=REHEARSE)
    try:
        plan = plan_apply(exam)
    except NotProven as error:
        return DataRehearsal(exam, (), refusal=error)
    if not plan.items:
        return DataRehearsal(exam, ())
    with _copy(target) as (copy, size):
        if on_copy is not None:
            on_copy(size, copy.path.parent)
        return DataRehearsal(exam, tuple(_run(copy, plan.items, consent)), size)


@contextmanager
def _copy(target: SqliteTarget) -> Iterator[tuple[SqliteTarget, int]]:
    """A full copy in a folder of its own that only this user can read; gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="landed-rehearsal-"))

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    last_resort.cleanups.append(remove)
    try:
        path = folder / "copy.sqlite"
        size = target.copy_to(path)
        yield SqliteTarget(path, target.mode, target.ledger_table, target.clock), size
    finally:
        last_resort.cleanups.remove(remove)
        remove()


def _run(copy: SqliteTarget, items: Sequence[PlanItem], consent: Consent) -> list[DataFile]:
    files: list[DataFile] = []
    before = _counts(copy)
    with copy.writer(bounded=True) as writer:
        for index, item in enumerate(items):
            try:
                applied = writer.run(item.migration, item.step, item.statements, consent, record=item.record)
            except LimitReached:
                raise
            except LandedError as error:
                files.append(DataFile(item, "refused", error))
                files += [DataFile(later, "not run") for later in items[index + 1 :]]
                break
            after = _counts(copy)
            files.append(DataFile(item, "proven", None, _changed(before, after), applied.seconds))
            before = after
    return files


def _counts(copy: SqliteTarget) -> dict[str, int]:
    """The rows of every table but the ledger and the platform's own."""
    connection = apsw.Connection(str(copy.path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = [
            str(name)
            for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            if not str(name).lower().startswith(("sqlite_", "_cf_"))
            and str(name).lower() != copy.ledger_table.lower()
            and not str(sql).upper().startswith("CREATE VIRTUAL")
        ]
        return {n: int(connection.execute(f"SELECT count(*) FROM {quote(n)}").get) for n in names}
    finally:
        connection.close()


def _changed(before: dict[str, int], after: dict[str, int]) -> tuple[RowCount, ...]:
    return tuple(
        RowCount(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and (before.get(name) or after.get(name))
    )
