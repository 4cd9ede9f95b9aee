"""Postgres and Supabase databases as engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from landed.core.check import Check, guarded
from landed.core.errors import UsageError
from landed.core.next import REHEARSE, Next, landed
from landed.engines.postgres.base import PostgresBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from landed.core.adoption import Adoption
    from landed.core.applied import UndoPoint
    from landed.core.drift import Side
    from landed.core.facts import FactKey, Facts
    from landed.core.findings import Rehearsal
    from landed.core.judge import Ruling
    from landed.core.migration import Migration
    from landed.core.oneoff import Outcome, Planned
    from landed.core.opening import Opening
    from landed.core.standing import Judgement
    from landed.core.timeline import Failure, Progress, Step
    from landed.engines.base import DatabaseCopy, Known, LostFile, Reading, StartingSchema, Words
    from landed.engines.cache import Cache
    from landed.engines.contract import Engine
    from landed.engines.live import LiveState
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.shadow.platform.baseline import Baseline

_DEFAULT = frozenset({"default privileges", "default revocation"})
"""Kinds of facts about what new objects are born with."""


class Postgres(PostgresBase):
    """A Postgres database."""

    born_with_grants = False
    """Whether the platform grants rights on new objects, which no migration need repeat."""

    def reading(self, state: LiveState, cache: Cache) -> Reading:
        """What was read, and whose objects the target holds."""
        from landed.engines.postgres.reading import PgReading

        return PgReading(self, state, cache)

    def unimportant(self, ruling: Ruling) -> tuple[dict[FactKey, str], dict[str, str]]:
        """Columns that only stand in another order."""
        from landed.engines.postgres.column_order import only_in_another_order

        return only_in_another_order(ruling)

    def may_hide(self, files: Sequence[Migration], steps: Sequence[Step]) -> Callable[[str], bool]:
        """Whether a later file says IF NOT EXISTS of what an earlier one makes: each costs a replay."""
        from landed.engines.postgres.hiding import may_hide

        return may_hide(files, steps)

    def remedy(self, judgement: Judgement, migration: Migration, expected: Facts, live: Facts) -> Judgement:
        """The judgement with statements that can be run again, or others that bring the facts back."""
        from landed.engines.postgres.remedies import with_remedies

        return with_remedies(judgement, migration, expected, live)

    def pasteable(self, sql: str, margin: int) -> str:
        """The same statement; what cannot be shown is written with ``U&``."""
        from landed.engines.postgres.sql.pasteable import pasteable

        return pasteable(sql, margin)

    def adopt(self, keys: Sequence[FactKey], known: Known) -> Adoption | None:
        """Statements for facts that no migration owns."""
        from landed.engines.postgres.adopting import adoption

        return adoption(keys, known.expected, known.live, born_with_grants=self.born_with_grants)

    def one_version(self, migrations: Sequence[Migration]) -> Mapping[str, str]:
        """Files whose version another file has, too: the ledger can hold one of them."""
        found: dict[str, str] = {}
        first: dict[str, str] = {}
        for migration in migrations:
            other = first.setdefault(migration.version, migration.name)
            if other != migration.name:
                found[migration.name] = other
                found.setdefault(other, migration.name)
        return found

    def same_as_stored(self, state: LiveState, files: Sequence[Migration]) -> Mapping[str, Sequence[str]]:
        """Ledger rows without a file -> the files whose SQL they hold, by content."""
        if not state.stored:
            return {}
        from landed.engines.postgres.stored_files import same_as_stored

        return same_as_stored(state.stored, files)

    def lost_file(self, state: LiveState, name: str) -> LostFile | str:
        """The file that a ledger row without one stands for, out of the statements that it holds."""
        from landed.engines.postgres.stored_files import lost_file

        return lost_file(state.stored, name)

    # -- what a failure of a replay says --------------------------------------------------------

    def needs_base(self, failure: Failure, steps: Sequence[Step]) -> bool:
        """Whether a statement failed for want of something that no file of the history makes."""
        from landed.engines.postgres.wanting import needs_base

        return needs_base(failure, steps)

    def wants_rows(self, failure: Failure) -> bool:
        """Whether it failed for a constraint on rows."""
        from landed.engines.postgres.wanting import wants_rows

        return wants_rows(failure)

    def unsure(self, failure: Failure, live: Facts) -> bool:
        """Whether it lacked rights, or something that the target has, or may well have, or the server failed
        inside."""
        from landed.engines.postgres.wanting import lacks

        return failure.withheld or failure.code.startswith("XX") or lacks(failure, live, self.ledger_table)

    # -- comparing ------------------------------------------------------------------------------

    @property
    def holders(self) -> tuple[str, ...]:
        """What others name as their parent."""
        from landed.engines.postgres.drift import HOLDERS

        return HOLDERS

    @property
    def not_compared(self) -> tuple[str, ...]:
        """Rows, and the catalogs that no kind is read from."""
        from landed.engines.postgres.kinds.unmodelled import NOT_COMPARED

        return NOT_COMPARED

    def sides(
        self, databases: Mapping[str, Engine], source: Engine | None, progress: Progress | None
    ) -> tuple[dict[str, Side], Side | None]:
        """All sides read in one scope."""
        from landed.engines.postgres.drift import sides

        read = cast("Mapping[str, PostgresBase]", databases)
        return sides(read, cast("PostgresBase | None", source), progress)

    # -- planning -------------------------------------------------------------------------------

    @property
    def rehearsed_on(self) -> str:
        """Which throw-away server the pending files were tried on."""
        return self.shadow().sentence

    def opens(self, before: Facts, after: Facts) -> Sequence[Opening]:
        """Row level security, policies, rights and what runs with its owner's rights."""
        from landed.engines.postgres.openings import openings

        return openings(before, after)

    def with_corrections(self, step: Step, numbers: Sequence[int]) -> tuple[int, ...]:
        """Statements to run again, with those that take back a part of what these make.

        A table that is made again has the privileges of a new one, until the file's REVOKE has run again: its
        own effect is that something is not there, which it was not before either.
        """
        chosen = set(numbers)
        made: set[FactKey] = set()
        for trace in step.traces:
            keys = {change.key for change in trace.effects}
            if trace.number in chosen or keys & made:
                chosen.add(trace.number)
                made |= keys
        return tuple(sorted(chosen))

    # -- what a history starts from --------------------------------------------------------------

    def pull_managed(self) -> str:
        """Raises UsageError: no platform manages anything here."""
        raise UsageError(
            f"{self.spec.label} is no Supabase project: there is nothing that a platform manages",
            next=Next("for the schema that the history starts from: ", landed("shadow", "pull", base=True)),
        )

    def pull_base(self, progress: Progress | None = None) -> StartingSchema:
        """SQL for what the database has and no file makes."""
        from landed.engines.postgres.pull import base

        return base(self, progress)

    # -- commands -------------------------------------------------------------------------------

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would."""
        from landed.engines.postgres.rehearse.files import rehearse

        return rehearse(self, progress=progress)

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """Never: raises UsageError."""
        raise UsageError(
            "--with-data is for local SQLite and D1 databases: a Postgres database is not copied.",
            next=REHEARSE,
        )

    def plan_one_off(self, sql: str, parameters: Sequence[str], source: str | None) -> Planned:
        """Run one-off SQL where it only reads; all else waits for consent."""
        from landed.engines.postgres.execute import plan

        return plan(self, sql, parameters, source)

    def run_one_off(
        self, plan: Planned, on_undo: Callable[[UndoPoint], None] | None
    ) -> tuple[tuple[Outcome, ...], UndoPoint | None]:
        """Run it in one transaction, or alone; there is no way back."""
        from landed.engines.postgres.execute import run

        return run(self, plan), None

    def examine(self) -> list[Check]:
        """The address, the server, the role's rights, the history table."""
        from landed.engines.postgres.doctor import address, database

        if self.spec.dsn is None:
            return []
        checks = guarded(
            "database", "address", "address", lambda: address.configuration(self.project, self.spec)
        )
        found, self._major = database.examine(self)
        return checks + found

    def where_replayed(self) -> Iterator[Check]:
        """Which server files are replayed on, and whether its version is the target's."""
        if self.spec.dsn is None:
            return iter(())
        from landed.engines.postgres.doctor.shadow import examine

        return examine(self)

    @classmethod
    def software(cls) -> Iterator[Check]:
        """The driver."""
        from landed.engines.postgres.doctor.software import psycopg_in_use

        yield psycopg_in_use()


class Supabase(Postgres):
    """A Supabase project's database, hosted or local."""

    born_with_grants = True
    _grants = True

    def baseline(self, managed: str | None) -> Baseline:
        """A project before its first migration."""
        from landed.engines.postgres.shadow.platform.baseline import supabase

        return supabase(managed, default_privileges=self._grants)

    @property
    def bounds(self) -> Scope:
        """What of a project's database is not Supabase's own."""
        from landed.engines.postgres.catalog.scope import SUPABASE

        return SUPABASE

    def pull_managed(self) -> str:
        """SQL for the schemas that Supabase manages, as they are."""
        from landed.engines.postgres.pull import managed

        return managed(self)

    def needs_platform(self, failure: Failure) -> bool:
        """Whether a statement failed for want of something in a schema that Supabase manages.

        Then ``landed shadow pull`` is the way out, unless its file is there.
        """
        from landed.engines.postgres.wanting import needs_managed

        return self.project.settings.managed is None and needs_managed(failure)

    @property
    def words(self) -> Words:
        """How messages name what differs between engines."""
        return super().words._replace(rules="Supabase's rules")

    def learn(self, state: LiveState) -> None:
        """Also whether new objects get grants by default: new projects come without since 2026-05-30.

        Files that speak of default privileges say it themselves.
        """
        super().learn(state)
        if state.facts is None:
            return
        # Of the hundreds of thousands of facts that a large schema has, these are read among the last.
        given = any("anon" in k.name for k in reversed(list(state.facts)) if k.kind in _DEFAULT)
        grants = given or any("efault privileges" in m.text.lower() for m in self.migrations().migrations)
        if grants != self._grants:
            self._grants, self._choice = grants, None
