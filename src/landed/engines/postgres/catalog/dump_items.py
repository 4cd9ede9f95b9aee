"""The pieces that a dump is made of, and the order in which they can be made: each after what it needs."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
    follows: bool = False
    """Whether its owner is always that of what it belongs to (a column's sequence)."""
    signature: str = ""
    """A function's name with the types of its arguments."""
    needs: set[Key] = field(default_factory=set)


def dependencies(items: Mapping[Key, Item], rows: Iterable[Sequence[int]], same: Mapping[Key, Key]) -> None:
    """Write down in each item what it needs.

    ``rows`` are of pg_depend: catalog, object, catalog, object and column referred to. ``same`` leads
    from objects that have no item of their own to the one that they are made with.
    """

    for catalog, oid, other, referred, _ in rows:
        item = items.get(resolved((catalog, oid), items, same))
        needed = resolved((other, referred), items, same)
        if item is not None and needed in items and needed != item.key:
            item.needs.add(needed)


def resolved(key: Key, items: Mapping[Key, Item], same: Mapping[Key, Key]) -> Key:
    """The item that an object is made with, or the object itself."""
    seen = 0
    while key not in items and key in same and seen < 8:
        key, seen = same[key], seen + 1
    return key


_RELATIONS = frozenset({"TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "INDEX"})


def label(item: Item) -> str:
    """A name to tell an object by, without quotes: ``relation public.orders``, ``type public.mood``,
    ``function public.f(integer)``, ``policy public.orders.own``; ``""`` for what has none of its own."""
    if item.what in _RELATIONS and item.kind != "state":
        text = f"relation {item.name}"
    elif item.what in ("TYPE", "DOMAIN"):
        text = f"type {item.name}"
    elif item.signature:
        text = f"function {item.signature}"
    elif item.what in ("CONSTRAINT", "TRIGGER", "RULE", "POLICY"):
        name, _, table = item.name.rpartition(" ON ")
        text = f"{item.what.lower()} {table}.{name}"
    elif item.what == "SCHEMA" or item.kind == "extension":
        text = f"{item.kind} {item.name}"
    else:
        return ""
    return text.replace('"', "")


def without(items: Mapping[Key, Item], gone: set[Key]) -> dict[Key, Item]:
    """The items but those that are gone, and but all that need one of these."""
    more = set(gone)
    while more:
        gone |= more
        more = {key for key, item in items.items() if key not in gone and item.needs & gone}
    return {key: item for key, item in items.items() if key not in gone}


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
