"""What apply and resume would execute, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from landed.core.migration import Migration
from landed.core.opening import Opening
from landed.core.standing import Standing
from landed.core.timeline import Step


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One file of a plan: which statements (numbers) run, and what they do, in words.

    Where these are ``verbatim`` the statements themselves, which are in no file, all of them are shown.
    What it ``opens`` has to be allowed by name.
    """

    migration: Migration
    step: Step
    statements: tuple[int, ...]
    standing: Standing
    changes: tuple[str, ...]
    record: bool = True
    verbatim: bool = False
    opens: tuple[Opening, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all statements of the file run."""
        return len(self.statements) == len(self.migration.statements)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be executed, and the digest of the schema that it was made for."""

    items: tuple[PlanItem, ...]
    schema: str
    notices: tuple[str, ...] = ()
