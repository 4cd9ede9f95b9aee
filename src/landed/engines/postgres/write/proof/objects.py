"""Objects that a file takes away without naming them: CASCADE, and what goes along with a column."""

from __future__ import annotations

from collections.abc import Collection

from landed.core.facts import EXISTS, Effects, FactKey, ObjectKey
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.tree import cascades

_OF_OTHERS = ("grant ", "revoke ", "default ")
_COLUMNS = frozenset(("column", "attribute"))


def takes_along(migration: Migration, step: Step, chosen: Collection[int]) -> bool:
    """Whether statements of the file can remove objects that they do not name.

    That is what CASCADE and DROP OWNED do, dropping a column (its indexes and constraints go with it), and
    whatever happens in DO blocks, procedures and functions. All else fails when something depends on it.
    """
    lost = {
        trace.number: {key.kind for key, _, after in trace.effects if after is None and key.prop == EXISTS}
        for trace in step.traces
    }
    return any(
        _may_take(head_of(statement), lost.get(statement.number, frozenset()))
        for statement in migration.statements
        if statement.number in chosen
    )


def _may_take(head: Head, lost: Collection[str]) -> bool:
    """Whether a statement can remove what it does not name; ``lost`` are the kinds of what it did remove."""
    match head.verb:
        case "DROP":
            return head.tree is None or head.begins("DROP", "OWNED") or cascades(head.tree)
        case "ALTER":
            return head.tree is None or cascades(head.tree) or not _COLUMNS.isdisjoint(lost)
        case "REVOKE":
            return head.tree is None or cascades(head.tree)
        case "DO":
            return "drop" in head.text.lower()
        case "CALL" | "SELECT" | "WITH":
            return bool(lost)
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
