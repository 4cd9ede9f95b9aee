"""Running a file ahead, here, on a copy of the remote schema: what it will do, and what would fail.

The remote batch proves over there what this foresees; what is certain to fail is not sent at all,
and is told with its statement, which D1's answer to a batch does not name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import apsw

from landed.core.applied import Consent
from landed.core.codes import code_of
from landed.core.errors import Code, LandedError, NotProven, Where
from landed.core.facts import EXISTS, FactKey, holds
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, STATUS, Next
from landed.core.timeline import Step
from landed.engines import say
from landed.engines.d1.assertions import same_dependents
from landed.engines.sqlite import messages
from landed.engines.sqlite.lacking import lacking, remade
from landed.engines.sqlite.references import is_mismatch, mismatches
from landed.engines.sqlite.renames import Renames
from landed.engines.sqlite.rowreach import reach
from landed.engines.sqlite.shadow.reason import code_of as code_of_error
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.shadow.sandbox import explain_refusal
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold
from landed.engines.sqlite.sql.transactions import as_wrangler
from landed.engines.sqlite.values import Held, held

NOT_SENT = "It was not sent: nothing of it is in the database, and it is not recorded."


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a file does to the schema, by having run on a copy of it.

    ``before`` and ``after`` are the facts; ``deleted`` and ``updated`` the tables that its DELETE and
    UPDATE statements name (folded). ``sure`` says that the copy was whole. ``dependents`` is the
    condition, in SQL, that what hangs on the tables to be dropped is what was read. ``unchecked`` are the
    tables (folded) before and after the file with a foreign key that refers to no key. ``reached`` are the
    tables that can lose rows or references by what the file writes, ``held`` the columns that must hold their
    values still.
    """

    before: dict[FactKey, str]
    after: dict[FactKey, str]
    deleted: frozenset[str]
    updated: frozenset[str]
    sure: bool = True
    dependents: str = ""
    unchecked: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    reached: frozenset[str] = frozenset()
    held: tuple[Held, ...] = ()


def foresee(
    shadow: Replayer,
    migration: Migration,
    step: Step,
    chosen: Sequence[int],
    consent: Consent,
    *,
    sure: bool,
    older: Collection[FactKey] = frozenset(),
) -> Forecast:
    """Run the statements (numbers) on the shadow, which then holds the schema as it is to become.

    ``sure`` says that the shadow holds the whole schema, so that a statement that fails here will fail
    there. Rows are not known here: a constraint that fails for want of them decides nothing. ``older`` is
    what was there before the run.
    Raises NotProven and NeedsConfirmation; the shadow is of no further use then.
    """
    before = dict(shadow.facts)
    dropped = [t for t in step.dropped if FactKey("table", "", t, EXISTS) in before]
    dependents = same_dependents(shadow.connection, dropped) if sure and dropped else ""
    unchecked = _unchecked(shadow, step)
    deleted: set[str] = set()
    updated: set[str] = set()
    wanted = set(chosen) - as_wrangler(migration)
    with shadow.observer.lifted() as connection:
        connection.execute("BEGIN")
    for statement in migration.statements:
        if statement.number in wanted:
            _run(shadow, migration, statement, step, before, deleted, updated, sure=sure)
    shadow.tracker.reread()
    after = dict(shadow.facts)
    if sure:
        _check_effects(migration, step, before, after, consent)
    renames = Renames(step)
    was_dropped = renames.tables_before(step.dropped)
    tables = remade(before, after, was_dropped)
    kept = tuple(held(migration, wanted, renames, was_dropped, before, after))
    lost = [x for x in lacking(before, after, tables, migration, older) if x.allow not in consent.allowed]
    if lost:
        raise not_sent(messages.lacks(migration, lost))
    with shadow.observer.lifted() as connection:
        if connection.in_transaction:
            connection.execute("PRAGMA defer_foreign_keys=off").fetchall()
            connection.execute("COMMIT")
    no_keys = (unchecked, _unchecked(shadow, step))
    reached = reach(migration, wanted, before).counted
    return Forecast(
        before, after, frozenset(deleted), frozenset(updated), sure, dependents, no_keys, reached, kept
    )


def not_sent(error: LandedError) -> LandedError:
    """The same error, told of a file that was never sent."""
    error.details = tuple(NOT_SENT if d == say.ROLLED_BACK else d for d in error.details)
    return error


def _unchecked(shadow: Replayer, step: Step) -> frozenset[str]:
    """The tables on which ``foreign_key_check`` would fail as a whole, where it is to be asked."""
    if not step.guarded:
        return frozenset()
    with shadow.observer.lifted() as connection:
        return frozenset(fold(found.child) for found in mismatches(connection))


def _run(
    shadow: Replayer,
    migration: Migration,
    statement: Statement,
    step: Step,
    before: dict[FactKey, str],
    deleted: set[str],
    updated: set[str],
    *,
    sure: bool,
) -> None:
    shadow.observer.take()
    try:
        shadow.connection.execute(statement.text).fetchall()
    except apsw.ConstraintError:
        seen = shadow.observer.take()
    except (apsw.Error, TypeError, ValueError) as error:
        seen = shadow.observer.take()
        reason = explain_refusal(error, statement.text, "d1")
        if sure or reason:
            raise _certain(migration, statement, reason or str(error), error, _keys(shadow, error)) from None
    else:
        seen = shadow.observer.take()
    named = head_of(statement).written
    if named is not None:
        if named in {fold(n) for n in seen.deleted_from}:
            deleted.add(named)
        if named in {fold(n) for n in seen.updated}:
            updated.add(named)
    late = {fold(n) for n in seen.dropped_tables} - set(step.dropped)
    known = sorted(t for t in late if FactKey("table", "", t, EXISTS) in before)
    if known:
        raise NotProven(
            f"{migration.name} would drop {', '.join(known)} here, which it does not do in the replay of the "
            "files; its rows would not be counted.",
            code=Code.CHANGED,
            where=Where(migration.file, statement.line, statement.number),
            details=[NOT_SENT],
            next=STATUS,
        )


def _keys(shadow: Replayer, error: Exception) -> list[str]:
    if not is_mismatch(error):
        return []
    with shadow.observer.lifted() as connection:
        return [str(found) for found in mismatches(connection)]


def _certain(
    migration: Migration, statement: Statement, reason: str, error: Exception, keys: list[str]
) -> NotProven:
    return NotProven(
        f"{migration.name} would fail: {reason}",
        code=Code.FOREIGN_KEY if keys else code_of(code_of_error(error)),
        where=Where(migration.file, statement.line, statement.number),
        details=[
            f"statement {statement.number} of {len(migration.statements)}: {say.excerpt(statement.text)}",
            *keys,
            "found by running it on a copy of the database's schema",
            NOT_SENT,
        ],
        next=messages.KEY_ADVICE if keys else Next("Correct the file, then run: ", APPLY.afterwards()),
    )


def _check_effects(
    migration: Migration,
    step: Step,
    before: dict[FactKey, str],
    after: dict[FactKey, str],
    consent: Consent,
) -> None:
    missing = [
        (key, value, number)
        for key, (_, value, number) in step.net.items()
        if not holds(key, value, after.get(key))
    ]
    if missing:
        raise not_sent(say.effects_missing(migration, step, missing, after))
    lost = [key for key in before if key.prop == EXISTS and key not in after]
    named = {c.key for trace in step.traces for c in trace.effects} if lost else set()
    refused = sorted(
        key for key in lost if key not in named and f"drop-{key.kind}:{_short(key)}" not in consent.allowed
    )
    if refused:
        allow = [f"drop-{key.kind}:{_short(key)}" for key in refused]
        raise not_sent(say.object_lost(migration, refused, allow))


def _short(key: FactKey) -> str:
    return f"{key.parent}.{key.name}" if key.parent else key.name
