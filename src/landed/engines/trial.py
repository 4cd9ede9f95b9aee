"""A hosted platform tried with a database of its own: what is to be shown, what was seen, what is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from landed.core.next import Next
    from landed.core.timeline import Progress


class Left(NamedTuple):
    """A database that a run made and did not delete; ``id`` is empty where its create call did not answer.

    ``made`` is when, in UTC; ``remove`` is what deletes it.
    """

    name: str
    id: str
    account: str
    made: str
    remove: Next


class TrialPlan(NamedTuple):
    """What is to be done: a database of this name is made in this account, and deleted again.

    ``who`` says with what credentials, ``proofs`` what is to be shown, ``left`` what earlier runs left.
    """

    platform: str
    account: str
    account_name: str
    who: str
    name: str
    proofs: tuple[str, ...]
    left: tuple[Left, ...] = ()


class Shown(NamedTuple):
    """One assumption: what was expected, what was seen, and what that means; ``holds`` is ``None`` where it
    could not be found out."""

    code: str
    label: str
    expected: str
    seen: str
    holds: bool | None
    means: str


class Tried(NamedTuple):
    """What came of it; ``left`` is the database where it could not be deleted, ``answers`` the file of what
    the server said, without what tells whose it is; ``None`` where it could not be written."""

    plan: TrialPlan
    id: str
    shown: tuple[Shown, ...]
    left: Left | None
    answers: Path | None
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 all of it holds and nothing is left, 1 something does not hold, 3 not all is known, or left."""
        if self.interrupted:
            return 130
        if any(one.holds is False for one in self.shown):
            return 1
        return 3 if self.left or any(one.holds is None for one in self.shown) else 0


class Trial(Protocol):
    """A platform on which landed can be tried."""

    def plan(self, account: str | None = None) -> TrialPlan:
        """Look up the account, the one that is named or the only one there is; changes nothing.

        Raises ConfigError, UsageError, CannotKnow.
        """
        ...

    def run(self, plan: TrialPlan, progress: Progress | None = None) -> Tried:
        """Make the database, try it, and delete the id that the create call returned.

        Raises CannotKnow where none was made, Ambiguous where that is not known.
        """
        ...

    def left(self) -> tuple[Left, ...]:
        """The databases that earlier runs on this machine made and did not delete."""
        ...

    def remove(self, left: Left) -> None:
        """Delete one of them by its id. Raises CannotKnow, Ambiguous."""
        ...
