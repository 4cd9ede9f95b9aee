"""What a file's locks mean for others, as text: the worst of each table in one line."""

from __future__ import annotations

from collections.abc import Iterable

from landed.core.counting import plural
from landed.core.findings import FileRehearsal, LockHeld

_MOST = 12

_WEIGHT = {"reads and writes": 3, "writes": 2, "other schema changes": 1}


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
    lines = [lock_line(lock) for lock in locks[:_MOST]]
    if len(locks) > _MOST:
        lines.append(f"… and {plural(len(locks) - _MOST, 'more table')} (--json lists all)")
    return lines


def lock_line(lock: LockHeld) -> str:
    """One lock in words."""
    what = f"blocks {lock.blocks}"
    if lock.rewrite:
        what += " while the table is rewritten"
    elif lock.scan:
        what += " while all rows are read"
    elif lock.through is not None and "writes" in lock.blocks:
        what += " until the file ends, also while statement {} (line {}) runs".format(*lock.through)
    elif "writes" in lock.blocks:
        what += ", briefly"
    place = f"statement {lock.statement}, line {lock.line}"
    if lock.since != lock.statement:
        place += f"; held since statement {lock.since}"
    return f"{lock.mode} on {lock.table}: {what} ({place})"


def heavy_files(files: Iterable[FileRehearsal]) -> int:
    """How many files keep others waiting for as long as a table is big."""
    return sum(any(lock.heavy for lock in file.locks) for file in files)


def _weight(lock: LockHeld) -> tuple[int, int, int]:
    return int(lock.heavy), _WEIGHT.get(lock.blocks, 0), 2 * lock.rewrite + lock.scan
