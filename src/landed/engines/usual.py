"""The usual answers of an engine: nothing is special about files, ledger or platform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import indent
from typing import TYPE_CHECKING

from landed.core.describe import describe
from landed.core.printable import escaped
from landed.core.stopping import held
from landed.engines.base import NoCopy

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from landed.core.adoption import Adoption
    from landed.core.applied import Applied, Consent
    from landed.core.facts import FactKey, Facts
    from landed.core.judge import Ruling
    from landed.core.migration import Migration
    from landed.core.opening import Opening
    from landed.core.plan import PlanItem
    from landed.core.standing import Judgement
    from landed.core.timeline import Failure, Step
    from landed.engines.base import Known, LostFile, Present, Reading
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState


class OneByOne(ABC):
    """A writing session that runs one file at a time."""

    @abstractmethod
    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
    ) -> Applied:
        """Run the given statements of a file in one transaction, prove the effects, record it."""

    def apply_next(self, items: Sequence[PlanItem], consent: Consent) -> Iterator[Applied]:
        """Run the next file; a signal that comes too late to roll it back waits until it is counted."""
        item = items[0]
        with held():
            yield self.run(item.migration, item.step, item.statements, consent, record=item.record)


class PlainReading:
    """A reading in which nothing depends on the platform; no copy of it is made."""

    mark = b""

    def __init__(self, state: LiveState) -> None:
        self.state = state

    def expected(self, steps: list[Step]) -> list[Step]:
        """The steps as they are."""
        return steps

    def seen(self, steps: Sequence[Step]) -> LiveState:
        """The reading as it was."""
        return self.state

    def notes(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def present(self) -> AbstractContextManager[Present]:
        """Raises NoCopy."""
        raise NoCopy("this engine makes no copies of its databases")


class UsualAnswers:
    """What ``landed.engines.contract.Engine`` asks in judging and planning, where nothing is special."""

    tries_present = False
    keeps_order = False

    @property
    def asked_as(self) -> str:
        """There are no accounts."""
        return ""

    @property
    def rehearsed_on(self) -> str:
        """It goes without saying."""
        return ""

    def reading(self, state: LiveState, cache: Cache) -> Reading:
        """What was read, to be set beside a replay."""
        return PlainReading(state)

    def unimportant(self, ruling: Ruling) -> tuple[dict[FactKey, str], dict[str, str]]:
        """Nothing."""
        return {}, {}

    def may_hide(self, files: Sequence[Migration], steps: Sequence[Step]) -> Callable[[str], bool]:
        """Any file may."""
        return lambda name: True

    def remedy(
        self,
        judgement: Judgement,
        migration: Migration,
        expected: Facts,
        live: Facts,
    ) -> Judgement:
        """The judgement as it is: the file's own statements are the remedy."""
        return judgement

    def mended(self, judgements: Sequence[Judgement], known: Known) -> Sequence[Judgement]:
        """The judgements as they are."""
        return judgements

    def pasteable(self, sql: str, margin: int) -> str:
        """The statement as it is, with nothing in it that steers a terminal."""
        return indent(escaped(sql), " " * margin)

    def adopt(self, keys: Sequence[FactKey], known: Known) -> Adoption | None:
        """Nothing is known to help."""
        return None

    def one_version(self, migrations: Sequence[Migration]) -> Mapping[str, str]:
        """The ledger holds names: any files beside each other."""
        return {}

    def same_as_stored(self, state: LiveState, files: Sequence[Migration]) -> Mapping[str, Sequence[str]]:
        """The ledger holds no SQL."""
        return {}

    def lost_file(self, state: LiveState, name: str) -> LostFile | str:
        """The ledger holds no SQL."""
        return "the ledger does not hold its SQL"

    def needs_base(self, failure: Failure, steps: Sequence[Step]) -> bool:
        """Nothing shows it."""
        return False

    def needs_platform(self, failure: Failure) -> bool:
        """There is no platform."""
        return False

    def wants_rows(self, failure: Failure) -> bool:
        """Nothing shows it."""
        return False

    def unsure(self, failure: Failure, live: Facts) -> bool:
        """A shadow has all that the target has."""
        return False

    def describe(self, step: Step) -> Sequence[str]:
        """What a file does to the schema, one line an object."""
        return describe(step)

    def opens(self, before: Facts, after: Facts) -> Sequence[Opening]:
        """Nobody is kept out of anything: there are no rights."""
        return ()

    def with_corrections(self, step: Step, numbers: Sequence[int]) -> tuple[int, ...]:
        """The statements themselves."""
        return tuple(numbers)

    def rewritten(self, migration: Migration, before: Sequence[Migration], state: LiveState) -> Sequence[str]:
        """None are known."""
        return ()

    def refuse(self, items: Sequence[PlanItem]) -> None:
        """Any file may be run."""

    def before_sending(self, items: Sequence[PlanItem]) -> list[str]:
        """Nothing."""
        return []

    def refuse_sending(self, items: Sequence[PlanItem]) -> None:
        """Any file can be sent."""
