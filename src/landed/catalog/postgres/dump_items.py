"""The pieces that a dump is made of, and the order in which they can be made: each after what it needs."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Key = tuple[int, int]
"""An object in the catalogs: the catalog's oid and its own."""

Row = Mapping[str, Any]

ORDER = (
    *("schema", "extension", "language", "type", "collation", "function", "operator", "sequence", "table"),
    *("view", "default", "owned by", "key", "check", "index", "attach", "foreign key", "state"),
    *("rule", "trigger", "policy", "event trigger", "publication", "member"),
)
"""Kinds of pieces, in the order in which they stand where nothing forces another."""
_RANK = {kind: rank for rank, kind in enumerate(ORDER)}


@dataclass(slots=True)
class Item:
    """One thing to make: its statements (without ``;``), and what is said of it afterwards.

    ``name`` is its name with schema, quoted; ``what`` what stands before that in ``ALTER``, ``COMMENT ON``
    and, unless ``granted`` says otherwise, in ``GRANT … ON``.
    """

    key: Key
    kind: str
    name: str
    sql: list[str]
    what: str = ""
    owner: str | None = None
    comment: str | None = None
    acl_kind: str = ""
    """The letter of :c:`acldefault()`; ``""`` for what has no privileges."""
    acl: Sequence[Sequence[Any]] | None = None
    """``[grantee ("" for PUBLIC), privilege, with grant option]`` of what is really held."""
    needs: set[Key] = field(default_factory=set)
    late: Callable[[bool], list[str]] | None = None
    """Makes the statements once it is known what the item needs."""


def dependencies(items: Mapping[Key, Item], rows: Iterable[Sequence[int]], same: Mapping[Key, Key]) -> None:
    """Write down in each item what it needs.

    ``rows`` are of pg_depend: catalog, object, catalog and object referred to. ``same`` leads from objects
    that have no item of their own to the one that they are made with.
    """

    def resolved(key: Key) -> Key:
        seen = 0
        while key not in items and key in same and seen < 8:
            key, seen = same[key], seen + 1
        return key

    for catalog, oid, other, referred in rows:
        item, needed = items.get(resolved((catalog, oid))), resolved((other, referred))
        if item is not None and needed in items and needed != item.key:
            item.needs.add(needed)


def in_order(items: Mapping[Key, Item]) -> list[Item]:
    """Each after all that it needs; else by kind and name. In a circle the earlier kind comes first."""
    waiting = {key: {n for n in item.needs if n in items} for key, item in items.items()}
    users: dict[Key, list[Key]] = defaultdict(list)
    for key, needs in waiting.items():
        for need in needs:
            users[need].append(key)
    ready = [_place(item) for key, item in items.items() if not waiting[key]]
    heapq.heapify(ready)
    left = set(items)
    done: list[Item] = []
    while left:
        if ready:
            key = heapq.heappop(ready)[-1]
        else:
            key = min(_place(items[k]) for k in left)[-1]
        if key not in left:
            continue
        left.remove(key)
        done.append(items[key])
        for user in users[key]:
            waiting[user].discard(key)
            if not waiting[user] and user in left:
                heapq.heappush(ready, _place(items[user]))
    return done


def _place(item: Item) -> tuple[int, str, Key]:
    return _RANK[item.kind], item.name, item.key
