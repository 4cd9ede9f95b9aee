"""What a file does to the schema, in words: one line per object, without what comes along by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from landed.core.facts import EXISTS, FactKey, ObjectKey
from landed.core.timeline import Step

_BRIEF = 70

WITHHELD = "it needs rights that landed gives to no file in a throw-away database"
"""Said of what a replay leaves out so that no file gets power over the machine; the target may allow it."""


def _brief(value: str | None) -> str:
    line = " ".join((value or "none").split())
    return line if len(line) <= _BRIEF else line[: _BRIEF - 1] + "…"


_HAVE_COLUMNS = ("table", "virtual table", "view", "materialized view", "foreign table")


class Renamed(Protocol):
    """What a file renames, where its engine can tell: the name before it -> the one after it."""

    tables: dict[str, str]
    columns: dict[tuple[str, str], tuple[str, str]]


def describe(step: Step, renamed: Renamed | None = None) -> list[str]:
    """What a file does to the schema, object by object: ``+ table users``, ``~ column users.name · type``."""
    lines, told = _renames(step, renamed) if renamed is not None else ([], set())
    tables = {
        key.name: after
        for key, (_, after, _) in step.net.items()
        if key.kind in _HAVE_COLUMNS and key.prop == EXISTS
    }
    born = {
        (key.kind, key.name if not key.parent else f"{key.parent}.{key.name}"): number
        for key, (_, after, number) in step.net.items()
        if key.prop == EXISTS and after
    }
    for key, (before, after, number) in sorted(step.net.items(), key=lambda item: (item[1][2], item[0])):
        if key.object in told or key.parent in tables or _comes_along(key, number, born):
            continue
        if key.prop == EXISTS:
            lines.append(f"{'+' if after else '-'} {key.object}")
        elif key.object.fact(EXISTS) not in step.net and key.prop != "column order":
            lines.append(f"~ {key}: {_brief(before)} → {_brief(after)}")
    writes = [t.number for t in step.traces if t.writes]
    if writes:
        lines.append(f"rows written by statement {', '.join(map(str, writes))}")
    return lines


def _renames(step: Step, renamed: Renamed) -> tuple[list[str], set[ObjectKey]]:
    """A line for everything that is renamed, and the objects that need no other one."""
    lines = []
    told: set[ObjectKey] = set()
    for was, now in sorted(renamed.tables.items()):
        objects = ObjectKey("table", "", was), ObjectKey("table", "", now)
        if all(o.fact(EXISTS) in step.net for o in objects):
            lines.append(f"~ table {was} is renamed to {now}")
            told |= set(objects)
    for (table, was), (at, now) in sorted(renamed.columns.items()):
        objects = ObjectKey("column", table, was), ObjectKey("column", at, now)
        lines.append(f"~ column {table}.{was} is renamed to {now}")
        told |= {o for o in objects if o.fact(EXISTS) in step.net}
    return lines, told


def _comes_along(key: FactKey, number: int, born: Mapping[tuple[str, str], int]) -> bool:
    """What nobody wrote: default grants on a new object, the sequence of a new column."""
    if key.kind == "sequence":
        return number in {n for (kind, _), n in born.items() if kind == "table"}
    for prefix in ("grant on ", "revoke on "):
        if key.kind.startswith(prefix):
            kind = key.kind.removeprefix(prefix)
            if kind == "sequence" and _comes_along(_sequence(key.parent), number, born):
                return True
            kinds = _HAVE_COLUMNS if kind == "table" else (kind,)
            return any(born.get((k, key.parent)) == number for k in kinds)
    return False


def _sequence(name: str) -> FactKey:
    return FactKey("sequence", "", name, EXISTS)


def size(number: int) -> str:
    """A number of bytes for people: ``4.0 KiB``."""
    value, unit = float(number), "bytes"
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{number} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
