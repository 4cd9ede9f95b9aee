"""What ops asks of an engine while it judges and plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from landed.core.adoption import Adoption
    from landed.core.facts import FactKey, Facts
    from landed.core.judge import Ruling
    from landed.core.migration import Migration
    from landed.core.opening import Opening
    from landed.core.plan import PlanItem
    from landed.core.standing import Judgement
    from landed.core.timeline import Failure, Step
    from landed.engines.base import Known, LostFile, Reading
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState


class Judging(Protocol):
    """What is special about an engine's readings, remedies, ledger and failures, and about its plans."""

    def reading(self, state: LiveState, cache: Cache) -> Reading:
        """What was read, to be set beside a replay. Raises CannotKnow."""
        ...

    def unimportant(self, ruling: Ruling) -> tuple[dict[FactKey, str], dict[str, str]]:
        """What is otherwise than the files make it and nobody has to mend: facts to be taken as they are
        expected, and what to say of which files."""
        ...

    def may_hide(self, files: Sequence[Migration], steps: Sequence[Step]) -> Callable[[str], bool]:
        """Whether a later file may have made what a file (by name) would have: worth a replay without it."""
        ...

    def remedy(
        self,
        judgement: Judgement,
        migration: Migration,
        expected: Facts,
        live: Facts,
    ) -> Judgement:
        """The judgement on a partial migration, with what makes it good besides its own statements."""
        ...

    def mended(self, judgements: Sequence[Judgement], known: Known) -> Sequence[Judgement]:
        """The judgements with what makes good what was changed by hand, where only the whole schema shows it:
        statements that were run on a copy of it. A remedy that is there already is kept."""
        ...

    def pasteable(self, sql: str, margin: int) -> str:
        """A statement as it is shown to be pasted, set in by ``margin``: the same statement, in which nothing
        steers a terminal."""
        ...

    def adopt(self, keys: Sequence[FactKey], known: Known) -> Adoption | None:
        """Statements for facts that no migration owns; ``None`` where nothing is known to help."""
        ...

    def one_version(self, migrations: Sequence[Migration]) -> Mapping[str, str]:
        """Files that the ledger cannot hold beside another one -> that other file."""
        ...

    def same_as_stored(self, state: LiveState, files: Sequence[Migration]) -> Mapping[str, Sequence[str]]:
        """Ledger rows without a file -> the files whose SQL they hold."""
        ...

    def lost_file(self, state: LiveState, name: str) -> LostFile | str:
        """The file that a ledger row without one stands for, or why it cannot be written."""
        ...

    # -- what a failure of a replay says --------------------------------------------------------

    def needs_base(self, failure: Failure, steps: Sequence[Step]) -> bool:
        """Whether a statement failed for want of something that no file of the history makes."""
        ...

    def needs_platform(self, failure: Failure) -> bool:
        """Whether it failed for want of what the platform has in this project, and no shadow has."""
        ...

    def wants_rows(self, failure: Failure) -> bool:
        """Whether it failed for a constraint on rows: the target has other ones than a shadow."""
        ...

    def unsure(self, failure: Failure, live: Facts) -> bool:
        """Whether it says something of the shadow only, so that the target has to decide."""
        ...

    # -- planning -------------------------------------------------------------------------------

    @property
    def keeps_order(self) -> bool:
        """Whether the history tells in which order files were applied, and not only which."""
        ...

    @property
    def tries_present(self) -> bool:
        """Whether a plan is tried on a copy of the target's schema first.

        Where not, the target itself takes a file back that does not do there what it should.
        """
        ...

    def describe(self, step: Step) -> Sequence[str]:
        """What a file does to the schema, one line an object."""
        ...

    def opens(self, before: Facts, after: Facts) -> Sequence[Opening]:
        """What lets in more than before, between two states of a schema."""
        ...

    def with_corrections(self, step: Step, numbers: Sequence[int]) -> tuple[int, ...]:
        """Statements (numbers) to run again, with those that take back a part of what these make."""
        ...

    def rewritten(self, migration: Migration, before: Sequence[Migration], state: LiveState) -> Sequence[str]:
        """Statements that give the tables the form that a file gives them where its own would lose rows, or
        are refused; ``before`` are the files that ran since the reading. Empty where none are known."""
        ...

    def refuse(self, items: Sequence[PlanItem]) -> None:
        """Raises NotProven for files that must not be run here, whatever they do."""
        ...

    def before_sending(self, items: Sequence[PlanItem]) -> list[str]:
        """What to know of files before they are sent, a sentence each; the plan shows it."""
        ...

    def refuse_sending(self, items: Sequence[PlanItem]) -> None:
        """Raises NotProven for files that could run here, but cannot be sent."""
        ...

    @property
    def rehearsed_on(self) -> str:
        """For plans: where pending files were tried, ``""`` where that goes without saying."""
        ...
