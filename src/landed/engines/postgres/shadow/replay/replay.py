"""Replaying migrations in a throw-away Postgres and taking the effects of every statement."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landed.core.facts import Effects, FactKey
from landed.core.migration import Migration, Statement
from landed.core.timeline import Failure, Named, StatementTrace, Step, net_effects
from landed.engines.postgres.catalog.follower import Follower
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.shadow.platform.collations_asked import as_asked
from landed.engines.postgres.shadow.platform.formerly import dropped_by, put_back, was_the_platforms
from landed.engines.postgres.shadow.reason import Reason, reason
from landed.engines.postgres.shadow.replay.again import Told, runs_again
from landed.engines.postgres.shadow.replay.batch import Batch, Looks, Outcome
from landed.engines.postgres.shadow.replay.claims import claimed_effects
from landed.engines.postgres.shadow.replay.data import data_checks
from landed.engines.postgres.shadow.replay.faults import fault, refuse_fault
from landed.engines.postgres.shadow.replay.losses import losses
from landed.engines.postgres.shadow.replay.positions import STANDS, sets_position
from landed.engines.postgres.shadow.replay.roles import RolesRestored, share, touches_roles, unshare
from landed.engines.postgres.shadow.replay.run import Run, runs, takes_part
from landed.engines.postgres.shadow.replay.session import unsendable
from landed.engines.postgres.shadow.replay.statements import parts, unread_in, watches, without_versions
from landed.engines.postgres.shadow.server.choice import as_seen_there, refuse_cluster_wide
from landed.engines.postgres.shadow.server.patience import patiently
from landed.engines.postgres.shadow.server.soundness import gone
from landed.engines.postgres.shadow.server.stopped import Stopped, placed
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import refused_trap, segments
from landed.engines.postgres.sql.split import problems
from landed.engines.postgres.wire import Lost

__all__ = ["PostgresReplayer", "replay_all", "touches_roles"]

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.shadow.server.databases import Scratch


class PostgresReplayer:
    """A shadow database and what it holds; replays one migration at a time.

    User SQL runs as the baseline's role, cut into transactions as ``apply`` cuts it. A statement that
    fails is taken back to a savepoint and does not stop the rest; so is one that ends the session.
    """

    def __init__(self, scratch: Scratch, scope: Scope, roles: str | None = None) -> None:
        """``roles`` is the :attr:`roles` of the replay that left what the database holds."""
        self._scratch = scratch
        self._scope = as_seen_there(scratch.server, scope)
        self._roles: RolesRestored | None = None
        self.roles: str | None = None
        """After the end: what was made of the server's roles, ``None`` where they were left alone."""
        if roles is not None or (scratch.server.lacking and not scratch.server.shared):
            self._roles = RolesRestored(scratch, roles)
        else:
            share(scratch)
        self._powers = scratch.server.powers
        self._on_platform = self._powers is not None and self._powers.platform
        self._not_made = set[str]()
        """Names of what withheld statements would have made."""
        self._wary = 0
        self._pause = 1
        self.connection, self.tracker = patiently(self._open, lambda: gone(scratch.server))

    @property
    def facts(self) -> Mapping[FactKey, str]:
        """The facts of the shadow as it stands."""
        return self.tracker.facts

    def replay(self, migration: Migration) -> Step:
        """Run one file; returns its step.

        Raises nothing for SQL that fails; :class:`CannotKnow` when the shadow's server is gone for good,
        :class:`landed.engines.postgres.shadow.server.stopped.Stopped` when a limit was reached.
        """
        with placed(migration):
            return self._replay(migration)

    def _replay(self, migration: Migration) -> Step:
        if self._scratch.server.shared:
            refuse_cluster_wide([migration])
        parsed = migration.parsed
        outcomes: dict[int, Outcome] = {}
        if touches_roles([migration]):
            self.have_roles_alone()
            assert self._roles is not None
            self._roles.note(migration)
        self._reset()
        missed = dropped_by(migration) if self._on_platform else []
        if missed and put_back(self.connection, missed):
            self.tracker.reread()
        for segment in segments(parsed.statements):
            numbers = set(segment.statements)
            # A file's own COMMIT ends what was set for its transaction, whether apply would send it or not.
            chosen = [
                s
                for s in parsed.statements
                if s.number in numbers or (min(numbers) < s.number < max(numbers) and head_of(s).transaction)
            ]
            if segment.alone:
                outcomes.update(self._alone(chosen))
            else:
                for part, kept in parts(chosen):
                    outcomes.update(self._together(part, kept))
        self._reset()
        return self._step(migration, outcomes)

    def replay_each(
        self,
        migrations: Sequence[Migration],
        progress: Callable[[int, str], None] | None = None,
        told: Sequence[Told | None] = (),
    ) -> Iterator[Step]:
        """The same for file after file, several at once where that makes no difference but for time.

        ``progress`` is told the place and the name of the file that is at work. ``told`` is what other
        replays say of the files, in their order: one that does the same here has the same step.
        """
        at = 0
        while at < len(migrations):
            what = told[at] if at < len(told) else None
            if what is None:
                end = next((n for n in range(at, len(told)) if told[n] is not None), len(migrations))
                yield from self._files(migrations[at:end], at, progress)
                at = end
                continue
            if progress is not None:
                progress(at, migrations[at].name)
            yield what.step if self._again(migrations[at], what) else self.replay(migrations[at])
            at += 1

    def _again(self, file: Migration, told: Told) -> bool:
        try:
            with placed(file):
                return runs_again(self.connection, self.tracker, self._powers, file, told)
        except Lost:
            self._reopen()
            return False

    def _files(
        self, migrations: Sequence[Migration], done: int, progress: Callable[[int, str], None] | None
    ) -> Iterator[Step]:
        for files in runs(migrations):
            if progress is not None:
                progress(done, files[0].name)
            steps = self._at_once(files) if self._wary <= 0 else None
            if steps is not None:
                yield from steps
            else:
                self._wary -= len(files)
                for place, file in enumerate(files):
                    if progress is not None:
                        progress(done + place, file.name)
                    yield self.replay(file)
            done += len(files)

    def _at_once(self, files: Sequence[Migration]) -> list[Step] | None:
        if not takes_part(files[0]) or self._is_watched(()):
            return None
        run = Run(self.connection, self.tracker, self._powers, files)
        self._reset()
        try:
            if not run.run():
                # Where one file fails others do: each time in vain, it is longer until the next time.
                self._pause *= 4
                self._wary = self._pause
                return None
        except Lost:
            self._reopen()
            return None
        except Stopped as stopped:
            at, statement = run.current(stopped.place or 0)
            stopped.at(files[at], statement)
            raise
        self._reset()
        return [self._step(file, run.outcomes[place]) for place, file in enumerate(files)]

    def _step(self, migration: Migration, outcomes: Mapping[int, Outcome]) -> Step:
        parsed = migration.parsed
        for_psql = problems(migration.text)
        failures = [Failure(0, problem.line, problem.text) for problem in for_psql]
        traces: list[StatementTrace] = []
        for statement in parsed.statements:
            outcome = outcomes.get(statement.number, Outcome())
            why = outcome.failure
            if why is not None:
                refuse_fault(why, self._scratch, migration, statement)
                missing = why.missing
                held = self._is_withheld(why, missing, outcome.effects)
                failures.append(
                    Failure(
                        statement.number,
                        statement.line,
                        why.text,
                        held,
                        why.code,
                        missing,
                        there=why.there,
                        at=why.at,
                    )
                )
            head = head_of(statement)
            positions = (STANDS,) if sets_position(head) else ()
            blind = () if why is not None or outcome.undone else (*map(unread_in, outcome.blind), *positions)
            traces.append(
                StatementTrace(
                    statement.number,
                    statement.line,
                    as_asked(head, without_versions(head, outcome.effects)),
                    writes=bool(head.writes_rows or positions or outcome.rows > 0) and why is None,
                    weak=why is not None or outcome.undone,
                    blind=blind,
                )
            )
        trap = refused_trap(parsed.statements)
        if trap is not None:
            failures.append(Failure(trap.statement, trap.line, trap.text))
        targets = {number: outcome.targets for number, outcome in outcomes.items() if outcome.failure is None}
        lost = losses(parsed.statements, traces, targets)
        return Step(
            name=migration.name,
            digest=migration.digest,
            traces=tuple(traces),
            failures=tuple(sorted(failures, key=lambda failure: (failure.statement, failure.line))),
            checks=data_checks(self.connection, parsed, targets, self.facts),
            dropped=lost.dropped,
            deleted=lost.deleted,
            guarded=lost.guarded,
            net=net_effects(traces),
        )

    def _is_withheld(self, why: Reason, missing: Sequence[Named], effects: Effects) -> bool:
        """Whether a statement failed for want of rights that no file gets, or of what such a one makes."""
        if self._powers is None:
            return False
        lost = any(n.last in self._not_made for n in missing if n.kind != "column")
        held = lost or self._powers.withheld(why)
        if held:
            # Its effects are what it says that it makes.
            self._not_made |= {c.key.name.partition("(")[0].rpartition(".")[2] for c in effects}
        return held

    def have_roles_alone(self) -> None:
        """Let nobody else on the server change roles until :meth:`close`; they are put back then."""
        self._roles = self._roles or RolesRestored(self._scratch)

    def close(self) -> None:
        """Close the connection and undo what was done to roles; the database is dropped by its maker."""
        self.connection.close()
        if self._roles is not None:
            self._roles.close()
            self.roles, self._roles = self._roles.kept, None
        else:
            unshare(self._scratch)

    def _open(self) -> tuple[psycopg.Connection[Any], Follower]:
        connection = self._scratch.connect(self._scratch.server.role)
        try:
            with self._scratch.connect() as admin:
                tracker = Follower(connection, self._scope, admin)
            tracker.begin()
        except BaseException:
            connection.close()
            raise
        return connection, tracker

    def _reset(self) -> None:
        """As the Supabase CLI does before each file; a role that was set is put back, too."""
        import psycopg

        with contextlib.suppress(psycopg.Error), self.connection.pipeline():
            for statement in ("RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"):
                self.connection.execute(statement, prepare=False)

    def _together(self, statements: Sequence[Statement], kept: bool) -> dict[int, Outcome]:
        """Statements that commit together (or, not ``kept``, do not): a savepoint around each."""
        doomed: dict[int, Reason] = {}
        innocent = 3
        looks = Looks.EACH if self._is_watched(statements) else Looks.SHARED
        while True:
            batch = Batch(self.connection, self.tracker, self._powers, self._claims)
            try:
                if batch.run(statements, doomed, looks, kept=kept):
                    return batch.outcomes
                looks = max(batch.wanted, Looks(looks + 1))
            except Stopped as stopped:
                number = batch.current(stopped.place or 0)
                stopped.statement = next((s for s in statements if s.number == number), None)
                raise
            except Lost as lost:
                if lost.sqlstate == "57P02":
                    innocent -= 1  # another session's crash took this one with it
                    if not innocent:
                        raise fault(self._scratch.server, str(lost)) from lost
                elif looks is Looks.CAREFUL:
                    doomed[batch.current(lost.at)] = reason(lost).of_session()
                # Which statement it was is certain only when they are sent one by one.
                looks = Looks.CAREFUL
                self._reopen()

    def _is_watched(self, statements: Sequence[Statement]) -> bool:
        """Whether an event trigger of the user's may act: what it does is in no statement's text."""
        return self.tracker.has("event_triggers") or any(map(watches, statements))

    def _alone(self, statements: Sequence[Statement]) -> dict[int, Outcome]:
        """A statement that PostgreSQL runs outside of transaction blocks only."""
        import psycopg

        found: dict[int, Outcome] = {}
        for statement in statements:
            outcome = found[statement.number] = Outcome()
            outcome.failure = unsendable(statement)
            if outcome.failure is not None or self._is_elsewhere(statement):
                continue
            claims = self._claims(statement)
            try:
                self.connection.execute(statement.text.encode())
            except psycopg.Error as error:
                outcome.failure = reason(error)
            except Stopped as stopped:
                stopped.statement = statement
                raise
            if self.connection.broken or self.connection.closed:
                if outcome.failure is not None:
                    outcome.failure = outcome.failure.of_session()
                self._reopen()
                outcome.effects = claims
                continue
            outcome.effects = self.tracker.reread()
            if outcome.failure is not None:
                # What it left behind (an index that is not valid) is not what it should have made.
                outcome.effects = claims
        return found

    def _is_elsewhere(self, statement: Statement) -> bool:
        """Whether what a statement does is outside of this database, where no replay has anything to do."""
        alone = head_of(statement).alone
        return (alone.endswith((" DATABASE", " TABLESPACE")) and not alone.startswith("REINDEX")) or (
            alone == "ALTER SYSTEM" and self._scratch.server.shared
        )

    def _reopen(self) -> None:
        """Go on in a new session after the old one was lost, with what is known."""
        self.connection.close()
        server = self._scratch.server
        self.connection, self.tracker = patiently(self._open, lambda: gone(server))

    def _claims(self, statement: Statement, schema: str = "public") -> Effects:
        if self._on_platform and was_the_platforms(head_of(statement)):
            return ()
        return claimed_effects(head_of(statement), self.facts, schema)


def replay_all(
    scratch: Scratch,
    scope: Scope,
    migrations: Sequence[Migration],
    progress: Callable[[int, str], None] | None = None,
) -> list[Step]:
    """Replay files in order in one shadow database."""
    replayer = PostgresReplayer(scratch, scope)
    try:
        return list(replayer.replay_each(migrations, progress))
    finally:
        replayer.close()
