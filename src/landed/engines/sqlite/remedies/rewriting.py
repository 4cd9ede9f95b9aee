"""A file that would lose rows, or that D1 refuses, written out so that every row stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.core.facts import EXISTS, difference
from landed.core.migration import Migration, Statement
from landed.engines.sqlite.lacking import said
from landed.engines.sqlite.remedies.bench import Bench
from landed.engines.sqlite.remedies.schema import Schema, unit_of
from landed.engines.sqlite.remedies.script import Way
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from landed.core.facts import Facts
    from landed.core.migration import Parsed
    from landed.engines.sqlite.sql.tokens import Token

_SCHEMA_ONLY = frozenset({"CREATE", "DROP", "ALTER", "PRAGMA"})
_NAMES = frozenset({"word", "quoted"})
_FILTERS = frozenset({"WHERE", "GROUP", "ORDER", "LIMIT", "JOIN", "UNION", "EXCEPT", "INTERSECT", "DISTINCT"})
_WAYS = (Way(anew=True), Way(anew=True, apart=True))


def rewritten(replayer: Replayer, migration: Migration, parse: Callable[[str], Parsed]) -> tuple[str, ...]:
    """The statements that give the tables the form that a file gives them, and keep every row.

    Empty where the file does more than that: makes or drops a table, computes values, or writes rows.
    ``replayer`` holds the schema before the file; it is closed. A file that only the rules of D1 refuse is
    read by those of SQLite. Raises LimitReached.
    """
    ledger, mode, clock = replayer.ledger_table, replayer.mode, replayer.clock
    if not migration.statements or not all(map(_keeps_values, migration.statements)):
        replayer.close()
        return ()

    def shadow(image: bytes | None, rules: str = mode) -> Replayer:
        return Replayer(rules, ledger_table=ledger, image=image, clock=clock)

    source = Bench(shadow, replayer, parse)
    for rules in dict.fromkeys((mode, "sqlite")):
        there = shadow(source.image, rules)
        try:
            if there.replay(migration).failed:
                continue
            goal = Schema(there.tracker.rows.values(), dict(there.facts))
        finally:
            there.close()
        changes = difference(source.facts, goal.facts)
        if any(c.key.kind in ("table", "virtual table") and c.key.prop == EXISTS for c in changes):
            return ()
        # What DROP TABLE takes along was not meant to go.
        named = said(migration)
        gone = {unit_of(c.key) for c in changes if c.after is None and c.key.kind in ("index", "trigger")}
        gone -= {unit for unit in gone if unit[1] in named or unit in goal}
        wrong = frozenset(c.key for c in changes if unit_of(c.key) not in gone)
        found = source.towards(goal, [wrong], _WAYS)
        if found is None or not found.script.rebuilt or found.script.demanded:
            return ()
        exchanged = _exchanged(source.facts, goal.facts)
        whole = any("*" in {t.text for t in head_of(s).every} for s in migration.statements)
        return () if exchanged and whole else found.script.sql
    return ()


def _exchanged(before: Facts, after: Facts) -> bool:
    """Whether a table has a column less and another one more: its values may have been meant for that one."""
    gone, come = (
        {key.parent for key in one if key.kind == "column" and key.prop == EXISTS and key not in other}
        for one, other in ((before, after), (after, before))
    )
    return not gone.isdisjoint(come)


def _keeps_values(statement: Statement) -> bool:
    """Whether a statement changes the schema only, or copies rows as they are, all of them."""
    head = head_of(statement)
    if head.verb in _SCHEMA_ONLY:
        return True
    words = [t.text.upper() for t in head.every]
    if not head.begins("INSERT", "INTO") or "SELECT" not in words:
        return False
    start = words.index("SELECT")
    copied = head.every[start + 1 :]
    plain = all(t.kind in _NAMES or t.text in (",", ".", "*", ";") for t in copied)
    if not plain or not _FILTERS.isdisjoint(t.text.upper() for t in copied if t.kind == "word"):
        return False
    if "FROM" not in words[start:]:
        return False
    columns = _listed(head.every[words.index("(") + 1 : start]) if "(" in words[:start] else ["*"]
    return columns == _listed(head.every[start + 1 : words.index("FROM", start)])


def _listed(tokens: Sequence[Token]) -> list[str]:
    """The names of a list of columns, without the table's; ``)`` ends it."""
    names, last = [], ""
    for token in tokens:
        if token.text in (",", ")"):
            names.append(last)
        last = fold(unquote(token.text))
    return names if tokens and tokens[-1].text == ")" else [*names, last]
