"""Which rules a schema has that rows of another one may not keep: asked before they are said to come back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from landed.core.facts import EXISTS, YES, FactKey, Facts
from landed.core.timeline import DataCheck
from landed.engines.sqlite.rowguard import references
from landed.engines.sqlite.sql.tokens import quote

_UNIQUE = frozenset({"unique", "primary key", "index"})


class Rule(NamedTuple):
    """One rule: the read that is true while all rows keep it, and what is said where they do not."""

    check: DataCheck
    said: str


def rules(now: Facts, goal: Facts, tables: Collection[str]) -> list[Rule]:
    """The rules that these tables (folded names) have in ``goal`` and do not have ``now``."""
    return [
        Rule(DataCheck(0, 0, f"SELECT NOT EXISTS (SELECT 1 FROM {rows})", "", derived=False), said)
        for rows, said in _broken_by(now, goal, tables)
    ]


def _broken_by(now: Facts, goal: Facts, tables: Collection[str]) -> Iterator[tuple[str, str]]:
    known = {name: {k.name for k in now if k.kind == "column" and k.parent == name} for name in tables}
    for key, value in goal.items():
        table = key.parent if key.parent else goal.get(key.object.fact("table"), "")
        if table not in tables or now.get(key) == value:
            continue
        if key.kind == "column" and key.prop == "not null" and value == YES and key.name in known[table]:
            yield (
                f"{quote(table)} WHERE {quote(key.name)} IS NULL",
                f"rows of {table} have no value in {key.name}, which is NOT NULL",
            )
        elif key.kind == "check" and key.prop == "expression":
            yield f"{quote(table)} WHERE NOT ({value})", f"rows of {table} do not keep CHECK ({value})"
        elif key.kind in _UNIQUE and key.prop == "columns" and _is_unique(key, goal):
            terms = ", ".join(term.removesuffix(" DESC") for term in value.split(", "))
            where = goal.get(key.object.fact("where"))
            rows = f"{quote(table)}{f' WHERE {where}' if where else ''} GROUP BY {terms} HAVING count(*) > 1"
            empty = " AND ".join(f"{term} IS NOT NULL" for term in terms.split(", "))
            yield f"{rows} AND {empty}", f"rows of {table} are equal in {terms}, which is unique"
    yield from _references(now, goal, tables)


def _is_unique(key: FactKey, goal: Facts) -> bool:
    return key.kind != "index" or goal.get(key.object.fact("unique")) == YES


def _references(
    now: Facts, goal: Mapping[FactKey, str], tables: Collection[str]
) -> Iterator[tuple[str, str]]:
    had = {(r.child, r.columns, r.parent) for r in references(now)}
    for r in references(goal):
        if r.child not in tables or (r.child, r.columns, r.parent) in had or len(r.columns) != 1:
            continue
        target = goal.get(FactKey("foreign key", r.child, f"({r.columns[0]})", "references"), "")
        named = target.partition("(")[2].rstrip(")").strip('"')
        if not named or named.startswith("primary key") or FactKey("table", "", r.parent, EXISTS) not in now:
            continue
        child, parent, column = quote(r.child), quote(r.parent), quote(r.columns[0])
        yield (
            f"{child} AS c WHERE c.{column} IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM {parent} AS p WHERE p.{quote(named)} = c.{column})",
            f"rows of {r.child} refer in {r.columns[0]} to rows of {r.parent} that are not there",
        )
