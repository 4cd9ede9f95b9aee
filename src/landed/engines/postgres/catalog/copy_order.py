"""The parts that a copy is made in, and the order in which they can be made: each after what it needs."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from landed.core.facts import ObjectKey

Node = tuple[int, int, str]
"""A part: a catalog's oid, an object's, and what of it is made by itself (``""`` for the object)."""


@dataclass(slots=True)
class Part:
    """Statements that are run together: ``rank`` and ``name`` say where, where nothing forces another place.

    ``objects`` are all that these make.
    """

    node: Node
    rank: int
    name: str
    sql: list[str] = field(default_factory=list)
    objects: list[ObjectKey] = field(default_factory=list)
    needs: set[Node] = field(default_factory=set)

    @property
    def place(self) -> tuple[int, str, Node]:
        """By this they are sorted."""
        return self.rank, self.name, self.node


def without(parts: Mapping[Node, Part], gone: Collection[Node]) -> dict[Node, Part]:
    """The parts but those that are gone, and but all that need one of these."""
    lost: set[Node] = set()
    more = set(gone)
    while more:
        lost |= more
        more = {node for node, part in parts.items() if node not in lost and part.needs & lost}
    return {node: part for node, part in parts.items() if node not in lost}


def in_order(parts: Mapping[Node, Part]) -> list[Part]:
    """Each after all that it needs; else by rank and name. In a circle the lower rank comes first."""
    waiting = {node: {need for need in part.needs if need in parts} for node, part in parts.items()}
    users: dict[Node, list[Node]] = defaultdict(list)
    for node, needs in waiting.items():
        for need in needs:
            users[need].append(node)
    ready = [part.place for node, part in parts.items() if not waiting[node]]
    heapq.heapify(ready)
    left = set(parts)
    done: list[Part] = []
    while left:
        node = heapq.heappop(ready)[-1] if ready else min(parts[n].place for n in left)[-1]
        if node not in left:
            continue
        left.remove(node)
        done.append(parts[node])
        for user in users[node]:
            waiting[user].discard(node)
            if not waiting[user] and user in left:
                heapq.heappush(ready, parts[user].place)
    return done
