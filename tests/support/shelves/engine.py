"""The engine: what landed needs to judge and to apply migrations of shelves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from landed.core.applied import Applied, Consent, UndoPoint
from landed.core.errors import NotProven
from landed.core.facts import holds
from landed.core.ledger import LedgerRow
from landed.core.migration import Migration, Parsed
from landed.core.timeline import DataCheck, Progress, Step
from landed.engines.base import Words
from landed.engines.cache import Cache, chain
from landed.engines.common import BaseEngine
from landed.engines.live import LiveState
from landed.engines.usual import OneByOne
from landed.project.discovery import Project
from landed.project.provenance import Value
from landed.project.target_spec import TargetSpec
from support.shelves.language import Refused, Shelves, facts_of, parse, replay, run

KIND = "shelves"
ROW = {KIND: "support.shelves.engine:ShelvesEngine"}
"""What ENGINES needs to know of it."""


class Room:
    """A database: shelves, and the names of the files that were applied."""

    def __init__(self) -> None:
        self.shelves: Shelves = {}
        self.ledger: list[str] | None = None


ROOMS: dict[str, Room] = {}
"""All databases by their names; one is there as soon as something was written to it."""


class RoomTarget:
    """A database as a target."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self) -> LiveState:
        """Shelves and ledger."""
        room = ROOMS.get(self._name)
        if room is None:
            return LiveState(False)
        rows = (
            None if room.ledger is None else tuple(LedgerRow(n, x, None) for n, x in enumerate(room.ledger))
        )
        return LiveState(True, ledger=rows, facts=facts_of(room.shelves))

    def check(self, checks: Sequence[DataCheck]) -> list[tuple[bool | None, str]]:
        """No file has any."""
        return [(None, "nobody understands it") for _ in checks]

    @contextmanager
    def writer(self) -> Iterator[RoomWriter]:
        """Open for writing."""
        yield RoomWriter(ROOMS.setdefault(self._name, Room()))


class RoomWriter(OneByOne):
    """A session in which every file is proven on a copy, which then takes the place of what was there."""

    undo: UndoPoint | None = None

    def __init__(self, room: Room) -> None:
        self._room = room

    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
    ) -> Applied:
        """Run statements of a file; all of it is there afterwards, or nothing."""
        shelves = deepcopy(self._room.shelves)
        for statement in migration.statements:
            if statement.number in statements:
                try:
                    run(shelves, statement.text)
                except Refused as why:
                    raise NotProven(f"{migration.name} cannot run: {why}") from why
        facts = facts_of(shelves)
        wrong = [key for key, (_, after, _) in step.net.items() if not holds(key, after, facts.get(key))]
        if wrong:
            raise NotProven(f"{migration.name} ran, but {wrong[0]} is not as it should be")
        self._room.shelves = shelves
        if record:
            self.change_ledger([migration.name], (), ())
        return Applied(migration.name, "applied", len(statements), 0.0)

    def change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        """Change the names of the files that were applied."""
        renamed = dict(rename)
        kept = [renamed.get(name, name) for name in self._room.ledger or () if name not in remove]
        self._room.ledger = [*kept, *add]


class ShelvesEngine(BaseEngine):
    """What is asked of it, and the usual answers to all else."""

    @classmethod
    def named(cls, project: Project, rest: str, origin: str) -> TargetSpec:
        """``shelves:NAME``, whose files lie in the folder ``shelves``."""
        folder = Value(Path(project.start, "shelves"), "default")
        return TargetSpec(
            KIND, f"{KIND}:{rest}", f"Shelves {rest} (FILE)", "FILE", KIND, origin,
            ledger_table=Value("applied", "default"), migrations_dir=folder,
            migrations_pattern=Value("*.shelf", "default"),
        )  # fmt: skip

    @property
    def words(self) -> Words:
        """How messages name what differs."""
        return Words("shelves", "the rules of shelves")

    @property
    def target(self) -> RoomTarget:
        """The database."""
        return RoomTarget(self.spec.name)

    def parse(self, text: str) -> Parsed:
        """The statements of a file."""
        return parse(text)

    def replay(
        self,
        files: Sequence[Migration],
        *,
        cache: Cache | None = None,
        keep: bool = False,
        progress: Progress | None = None,
        hopeless: Callable[[Step], bool] = lambda step: False,
        like: Sequence[Step] = (),
    ) -> list[Step]:
        """The files in a room of their own."""
        shelves: Shelves = {}
        return [replay(shelves, migration) for migration in files]

    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order."""
        return b"".join(chain(KIND, self.ledger_table, files)[-1:])
