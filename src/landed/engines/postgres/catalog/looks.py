"""What a look at a session's catalogs found, and what two of them say: writes, other names, effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from landed.core.facts import EXISTS, Change, Effects, FactKey, ObjectKey
from landed.engines.postgres.catalog import touched


class Mark(NamedTuple):
    """Where the last look left off: transaction, its identifier, counters of the catalogs
    (inserted, updated, deleted), and the settings that the session had.
    """

    transaction: str
    xid: str
    counters: list[int]
    settings: list[str]


class Touched(NamedTuple):
    """Catalogs that were written to since the last look, by what was done to their rows."""

    written: frozenset[str]
    updated: frozenset[str]
    deleted: frozenset[str]


_EVERY: Final = frozenset(touched.COUNTED)
ALL: Final = Touched(_EVERY, _EVERY, _EVERY)


def compare(before: Mark, now: Mark) -> Touched:
    """Which catalogs were written to between two looks in one transaction."""
    count = len(touched.COUNTED)
    names = touched.COUNTED * 3
    changed = [at for at, (a, b) in enumerate(zip(before.counters, now.counters, strict=True)) if a != b]
    return Touched(
        frozenset(names[at] for at in changed),
        frozenset(names[at] for at in changed if count <= at < 2 * count),
        frozenset(names[at] for at in changed if at >= 2 * count),
    )


def array(values: Iterable[object]) -> str:
    """The text of an array of identifiers or numbers."""
    return "{" + ",".join(map(str, values)) + "}"


def objects(facts: Iterable[FactKey]) -> set[ObjectKey]:
    """The objects that facts say to exist."""
    return {key.object for key in facts if key.prop == EXISTS}


def extended(before: Mapping[FactKey, str], after: Mapping[FactKey, str]) -> bool:
    """Whether an extension came, or lies in another schema."""
    return any(
        key.kind == "extension" and key.prop != "version" and before.get(key) != value
        for key, value in after.items()
    )


def has_other_names(query: str, old: dict[FactKey, str], new: dict[FactKey, str]) -> bool:
    """Whether a name that may stand in other objects' texts is another one now, an enum's value too."""
    for key, value in old.items():
        if key.prop == "multirange" and new.get(key) != value:
            return True
        if key.prop == "values" and not set(value.split(", ")) <= set(new.get(key, "").split(", ")):
            return True
    lost = any(_is_name(key) and key not in new for key in old)
    if lost and query == "columns":
        # What refers to a column that is only dropped goes with it.
        return any(_is_name(key) and key not in old for key in new)
    return lost


def _is_name(key: FactKey) -> bool:
    return key.prop == EXISTS and not key.kind.startswith(("grant ", "revoke "))


def difference(before: Mapping[FactKey, str], after: Mapping[FactKey, str]) -> Effects:
    """The changes between two sets of facts, in the order of their keys; quick where little differs."""
    found = [Change(key, old, new) for key, old in before.items() if (new := after.get(key)) != old]
    found.extend(Change(key, None, new) for key, new in after.items() if key not in before)
    return tuple(sorted(found, key=lambda change: change.key))
