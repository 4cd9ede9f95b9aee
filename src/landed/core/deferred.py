"""A mapping that is worked out when somebody first looks into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Deferred(Mapping[K, V], Generic[K, V]):
    """Stands for the mapping that ``work_out`` gives, which is called once, or never."""

    def __init__(self, work_out: Callable[[], dict[K, V]]) -> None:
        self._work_out = work_out

    @cached_property
    def all(self) -> dict[K, V]:
        """The mapping itself."""
        return self._work_out()

    def __getitem__(self, key: K) -> V:
        return self.all[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)
