"""What a file's locks mean for others, as text: the worst of each table in one line."""

from __future__ import annotations

from collections.abc import Iterable

from landed.core.findings import FileRehearsal, LockHeld
from landed.core.migration import Statement
from landed.engines.postgres.sql.segments import segments
from landed.engines.say import plural

_MOST = 12

_WEIGHT = {"reads and writes": 3, "writes": 2, "other schema changes": 1}

_SLOW = frozenset({"UPDATE", "DELETE", "MERGE", "WITH"})
"""Statements that take as long as there are rows for them."""


def worst(locks: Iterable[LockHeld]) -> list[LockHeld]:
    """One lock per table, the worst for others; heaviest tables first."""
    chosen: dict[str, LockHeld] = {}
    for lock in locks:
        known = chosen.get(lock.table)
        if known is None or _weight(lock) > _weight(known):
            chosen[lock.table] = lock
    return sorted(chosen.values(), key=lambda lock: [-part for part in _weight(lock)])


def lock_lines(file: FileRehearsal) -> list[str]:
    """One line per table, as ``ACCESS EXCLUSIVE on public.orders: blocks reads and writes, briefly (…)``."""
    locks = worst(file.locks)
    lines = [lock_line(lock, _waits_for(file, lock)) for lock in locks[:_MOST]]
    if len(locks) > _MOST:
        lines.append(f"… and {plural(len(locks) - _MOST, 'more table')} (--json lists all)")
    return lines


def lock_line(lock: LockHeld, through: Statement | None = None) -> str:
    """One lock in words; ``through`` is a later statement that takes long and during which it is held."""
    what = f"blocks {lock.blocks}"
    if lock.rewrite:
        what += " while the table is rewritten"
    elif lock.scan:
        what += " while all rows are read"
    elif through is not None and "writes" in lock.blocks:
        what += f" until the file ends, also while statement {through.number} (line {through.line}) runs"
    elif "writes" in lock.blocks:
        what += ", briefly"
    place = f"statement {lock.statement}, line {lock.line}"
    if lock.since != lock.statement:
        place += f"; held since statement {lock.since}"
    return f"{lock.mode} on {lock.table}: {what} ({place})"


def heavy_files(files: Iterable[FileRehearsal]) -> int:
    """How many files keep others waiting for as long as a table is big."""
    return sum(any(lock.heavy for lock in file.locks) for file in files)


def _waits_for(file: FileRehearsal, lock: LockHeld) -> Statement | None:
    """The first statement after it, in the same transaction, that takes as long as some table is big."""
    statements = {s.number: s for s in file.migration.statements}
    segment = next((s for s in segments(file.migration.statements) if lock.statement in s.statements), None)
    slow = {other.statement for other in file.locks if other.rewrite or other.scan}
    for number in segment.statements if segment is not None else ():
        if number > lock.statement and (number in slow or statements[number].head.verb in _SLOW):
            return statements[number]
    return None


def _weight(lock: LockHeld) -> tuple[int, int, int]:
    return int(lock.heavy), _WEIGHT.get(lock.blocks, 0), 2 * lock.rewrite + lock.scan
