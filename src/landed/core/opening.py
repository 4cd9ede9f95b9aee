"""What lets in more than before, as a value: it is named, and takes consent by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

PREFIX: Final = "open-access:"
"""How the consent for an opening begins."""


class Opening(NamedTuple):
    """One thing that lets in more than before: ``name`` is the object's (a table, ``public.t.p`` for a
    policy), ``what`` what happens to it, as a sentence without its subject."""

    name: str
    what: str

    @property
    def allow(self) -> str:
        """The consent, as in ``--allow open-access:public.t``."""
        return f"{PREFIX}{self.name}"

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


def unnamed(found: Iterable[Opening], allowed: Iterable[str]) -> list[Opening]:
    """The openings that nobody has allowed by name."""
    said = frozenset(allowed)
    return [opening for opening in found if opening.allow not in said]


def consents(found: Sequence[Opening]) -> tuple[str, ...]:
    """What allows them, each name once."""
    return tuple(dict.fromkeys(opening.allow for opening in found))
