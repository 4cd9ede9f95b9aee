"""The error that says which required features are missing, and what is there instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from landed.core.errors import Code, LandedError


class Missing(NamedTuple):
    """One missing feature: as it was required, and what was found instead."""

    feature: str
    found: str

    def __str__(self) -> str:
        return f"{self.feature}: {self.found}"


class MissingFeature(LandedError):
    """The schema lacks something that the application needs.

    ``missing`` has all of it, in the order in which it was required. ``str()`` is the whole message, because
    it is for the log of an application that does not start.
    """

    code = Code.MISSING_OBJECT

    def __init__(self, missing: Sequence[Missing], required: int) -> None:
        count = len(missing)
        what = (
            "The database lacks a required feature" if count == 1 else f"The database lacks {count} features"
        )
        super().__init__(
            f"{what} ({count} of {required} required)" if required > 1 else what,
            details=tuple(map(str, missing)),
            next="apply the migrations that make them; landed status says which those are",
        )
        self.missing = tuple(missing)

    def __reduce__(self) -> tuple[object, ...]:
        return MissingFeature, (self.missing, len(self.missing))

    def __str__(self) -> str:
        return "\n".join([f"{self.message}:", *(f"  {line}" for line in self.details), f"{self.next}"])
