"""What a table that a file makes anew lacks afterwards: protection, indexes, constraints, triggers, defaults.

``DROP TABLE`` takes all of it along, also what only the target has; the new table has what the file gives it.
What goes with a column that goes is the column's loss; what the file drops by a statement of its own is said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from landed.core.facts import EXISTS, YES, Effects, FactKey, ObjectKey
from landed.core.timeline import StatementTrace, Step

Facts = Mapping[FactKey, str]

_TABLE_SAYS = ("row level security", "force row level security")
_COLUMN_SAYS = ("default", "identity", "generated")
_PARTS = ("index", "constraint", "trigger", "policy", "rule", "statistics")
_SAYS = ("definition", "unique", "command", "permissive", "roles", "using", "check")
_NAME = re.compile(r'\b(TRIGGER|RULE|STATISTICS) (?:"(?:[^"]|"")*"|[^\s"]+)')


class Lack(NamedTuple):
    """One thing that a table had before it was made anew. ``what`` is as messages say it (``index t_mail``),
    ``allow`` the consent (``drop-index:public.t.t_mail``)."""

    table: str
    what: str
    allow: str


def remade(step: Step, chosen: Collection[int]) -> set[str]:
    """The tables, as facts show them, that statements of the file take away and that are there at its end."""
    gone: set[str] = set()
    there: dict[str, bool] = {}
    for trace in step.traces:
        if trace.number in chosen:
            for key, _, after in trace.effects:
                if key.kind == "table" and key.prop == EXISTS:
                    there[key.name] = after is not None
                    if after is None:
                        gone.add(key.name)
    known = {k.name for k in step.net if k.kind == "table" and k.prop == EXISTS}
    return {name for name in gone if there[name] and name not in known}


def lacking(
    step: Step, tables: Collection[str], changed: Effects, after: Facts, made: Collection[FactKey]
) -> list[Lack]:
    """What these tables lack of what they had, by what has ``changed`` in the target and is there ``after``.
    ``made`` is what files of the same run made: that may go."""
    before = {c.key: c.before for c in changed if c.before is not None}
    said = _said(step)
    columns = {k.object for k in before if k.kind == "column" and k.prop == EXISTS and k not in after}
    gone = {o.name for o in columns}
    shapes = [_shape(after, k.object) for k in after if k.prop == EXISTS and k.kind in _PARTS]
    found = []
    for key in sorted(k for k in before if k not in made):
        table = key.parent.rpartition(".")[0] if key.kind == "grant on column" else key.parent or key.name
        if table not in tables or (after.get(key) is not None and key.prop not in _TABLE_SAYS):
            continue
        lack = None
        if key.kind in _PARTS and key.prop == EXISTS:
            shape = _shape(before, key.object)
            optional = key.kind == "constraint" and not _unique(before.get(key.object.fact("definition"), ""))
            if key.object not in said and shape not in shapes and not _names(shape, gone) and not optional:
                lack = Lack(table, f"{key.kind} {key.name}", f"drop-{key.kind}:{table}.{key.name}")
        elif key.kind == "table" and key.prop in _TABLE_SAYS and before[key] == YES:
            lack = Lack(table, key.prop, f"drop-{key.prop.replace(' ', '-')}:{table}")
        elif key.kind == "column" and key.prop in _COLUMN_SAYS and key.object not in columns:
            other = any(key.object.fact(p) in after for p in _COLUMN_SAYS)
            if key.object not in said and not other:
                lack = Lack(table, f"{key.prop} of {key.name}", f"drop-{key.prop}:{table}.{key.name}")
        elif (
            key.kind.startswith("grant ")
            and key.prop == EXISTS
            and key.object not in said
            and (key.parent == table or key.parent.removeprefix(f"{table}.") not in gone)
        ):
            lack = Lack(table, f"grant {key.name}", f"drop-grant:{key.parent}.{key.name}")
        if lack is not None:
            found.append(lack)
    return found


def made_by(step: Step) -> set[FactKey]:
    """What was not there before the file and is there after it."""
    return {key for key, (before, after, _) in step.net.items() if before is None and after is not None}


def _unique(definition: str | None) -> bool:
    """Whether a constraint makes rows unique; which values and references are allowed is the new table's."""
    return (definition or "").startswith(("PRIMARY KEY", "UNIQUE", "EXCLUDE"))


def _said(step: Step) -> set[ObjectKey]:
    """What a statement takes that takes no table: the last one decides that takes it at all."""
    said: set[ObjectKey] = set()
    for trace in step.traces:
        taken = {c.key.object for c in trace.effects if c.after is None}
        said = said - taken if _takes_a_table(trace) else said | taken
    return said


def _takes_a_table(trace: StatementTrace) -> bool:
    return any(k.kind == "table" and k.prop == EXISTS and after is None for k, _, after in trace.effects)


def _shape(facts: Facts, of: ObjectKey) -> tuple[object, ...]:
    """What an object is without its name: another one that is the same takes its place."""
    told = [_NAME.sub(r"\1", facts[of.fact(p)]) for p in _SAYS if of.fact(p) in facts]
    return (of.kind, of.parent, *told)


def _names(shape: tuple[object, ...], columns: Collection[str]) -> bool:
    """Whether what an object is names a column that has gone."""
    words = set(re.findall(r'"[^"]+"|\w+', " ".join(map(str, shape[2:]))))
    return not words.isdisjoint(columns)
