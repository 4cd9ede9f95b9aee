"""Objects that a file takes away without naming them: CASCADE, and what goes along with a column."""

from __future__ import annotations

from collections.abc import Collection

from landed.core.facts import EXISTS, Effects, FactKey, ObjectKey
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.postgres.sql.head import head_of

_OF_OTHERS = ("grant ", "revoke ", "default ")


def takes_along(migration: Migration, step: Step, chosen: Collection[int]) -> bool:
    """Whether statements of the file can remove objects that they do not name.

    That is what CASCADE and DROP OWNED do, dropping a column (its indexes and constraints go with it), and
    whatever happens in DO blocks, procedures and functions. All else fails when something depends on it.
    """
    lost = {
        trace.number: {key.kind for key, _, after in trace.effects if after is None and key.prop == EXISTS}
        for trace in step.traces
    }
    for statement in migration.statements:
        if statement.number not in chosen:
            continue
        head = head_of(statement)
        verb = head.verb
        if verb in ("DROP", "ALTER", "REVOKE"):
            if "CASCADE" in head.bare and (verb != "ALTER" or "DROP" in head.bare):
                return True
            if head.begins("DROP", "OWNED"):
                return True
            if verb == "ALTER" and lost.get(statement.number, set()) & {"column", "attribute"}:
                return True
        elif verb == "DO":
            if "drop" in statement.text.lower():
                return True
        elif verb in ("CALL", "SELECT", "WITH") and lost.get(statement.number):
            return True
    return False


def lost_unnamed(step: Step, changed: Effects) -> list[FactKey]:
    """What is gone though no statement of the file removes it in the replay; parts of what it removes are
    not told by themselves, nor are grants."""
    named = {c.key.object for t in step.traces for c in t.effects if c.key.prop == EXISTS and c.after is None}
    gone = [c.key for c in changed if c.after is None and c.key.prop == EXISTS]
    there = {c.key.object for c in changed if c.after is not None and c.key.prop == EXISTS}
    whole = {o.name for o in named if not o.parent}
    lost = [
        key
        for key in gone
        if key.object not in named
        and key.object not in there
        and key.parent not in whole
        and not key.kind.startswith(_OF_OTHERS)
    ]
    # A view that goes takes its columns and rules along; the view is what has to be named.
    owners = {key.name for key in lost if not key.parent}
    return [key for key in lost if key.parent not in owners]


def consent_for(key: ObjectKey) -> str:
    """What names the removal of an object: ``drop-view:public.v``, ``drop-index:public.t.i``."""
    name = f"{key.parent}.{key.name}" if key.parent else key.name
    return f"drop-{key.kind.replace(' ', '-')}:{name}"
