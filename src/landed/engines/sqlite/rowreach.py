"""Which tables can lose rows, or references, by statements that write rows of others.

Read from the file's text and the schema before it: foreign keys that act, triggers that delete, REPLACE.
What is counted for nothing costs a reading; what is not counted goes in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from landed.core.facts import EXISTS, FactKey
from landed.core.migration import Migration
from landed.engines.sqlite.sql.head import Head, head_of, read_head

_EMPTYING = frozenset({"DELETE", "REPLACE"})
_IDLE = frozenset({"", "no action", "restrict"})


class Reach(NamedTuple):
    """Tables (folded) to be counted around a file, and those whose rows a REPLACE in it can take."""

    counted: frozenset[str]
    replaced: frozenset[str]


class _Action(NamedTuple):
    """What a foreign key does to the rows of a child when those of its parent go or get another key."""

    child: str
    parent: str
    on_delete: str
    on_update: str


def reach(migration: Migration, chosen: Collection[int], facts: Mapping[FactKey, str]) -> Reach:
    """What the statements (numbers) of a file can take along, directly or through others."""
    emptied: set[str] = set()
    updated: set[str] = set()
    inserted: set[str] = set()
    replaced: set[str] = set()
    replacing = _replacing(facts)
    for statement in migration.statements:
        head = head_of(statement)
        table = head.written if statement.number in chosen else None
        if table is None or FactKey("table", "", table, EXISTS) not in facts:
            continue
        kind = _kind(head)
        if kind == "UPDATE":
            updated.add(table)
        elif kind == "INSERT":
            inserted.add(table)
        if kind in _EMPTYING:
            emptied.add(table)
        if kind == "REPLACE" or _replaces(head) or (kind != "DELETE" and table in replacing):
            emptied.add(table)
            replaced.add(table)
    if not (emptied or updated or inserted):
        return Reach(frozenset(), frozenset())
    found = _closure(emptied, updated, inserted, facts)
    # Only what is named itself can be reached by nothing: its own rows are the statement's.
    counted = found | replaced if found - emptied or replaced else set()
    return Reach(frozenset(counted), frozenset(replaced))


def _closure(
    emptied: Collection[str],
    updated: Collection[str],
    inserted: Collection[str],
    facts: Mapping[FactKey, str],
) -> set[str]:
    """The tables that lose rows or references with these, and these themselves."""
    actions, triggers = _actions(facts), _triggers(facts)
    lossy, touched, written = set(emptied), set(updated), set(updated) | set(inserted)
    while True:
        acted = {a.child for a in actions if a.parent in lossy and a.on_delete not in _IDLE}
        nulled = {
            a.child for a in actions if a.parent in written and a.on_update in ("set null", "set default")
        }
        gone = {a.child for a in actions if a.parent in lossy and a.on_delete == "cascade"}
        gone |= {t for on, deletes, _ in triggers if on in lossy | written for t in deletes}
        more = {t for on, _, writes in triggers if on in lossy | written for t in writes}
        before = len(lossy) + len(touched) + len(written)
        lossy |= {t for t in gone if FactKey("table", "", t, EXISTS) in facts}
        touched |= acted | nulled
        written |= more | acted
        if before == len(lossy) + len(touched) + len(written):
            return lossy | (touched - set(updated)) | (touched & acted)


def _actions(facts: Mapping[FactKey, str]) -> list[_Action]:
    return [
        _Action(
            key.parent,
            value.partition("(")[0].strip('"'),
            facts.get(key.object.fact("on delete"), "").lower(),
            facts.get(key.object.fact("on update"), "").lower(),
        )
        for key, value in facts.items()
        if key.kind == "foreign key" and key.prop == "references"
    ]


def _triggers(facts: Mapping[FactKey, str]) -> list[tuple[str, set[str], set[str]]]:
    """For each trigger its table, those that it deletes from, and those that it writes to at all."""
    found = []
    for key, table in facts.items():
        if key.kind != "trigger" or key.prop != "table":
            continue
        heads = [read_head(text) for text in facts.get(key.object.fact("body"), "").split("; ")]
        writes = {name for head in heads if (name := head.written) is not None}
        deletes = {
            name
            for head in heads
            if (name := head.written) is not None and (_kind(head) in _EMPTYING or _replaces(head))
        }
        found.append((table, deletes, writes))
    return found


def _kind(head: Head) -> str:
    """The verb of a statement that writes rows, behind a WITH, too; REPLACE for INSERT OR REPLACE."""
    if head.verb != "WITH":
        return head.verb
    return next((w for w in head.words if w in ("DELETE", "UPDATE", "INSERT", "REPLACE")), "")


def _replaces(head: Head) -> bool:
    words: Iterable[str] = head.words
    return any(pair == ("OR", "REPLACE") for pair in zip(words, head.words[1:], strict=False))


def _replacing(facts: Mapping[FactKey, str]) -> set[str]:
    """Tables with a key of which the schema says ON CONFLICT REPLACE."""
    return {
        key.parent for key, value in facts.items() if "on conflict" in key.prop and value.lower() == "replace"
    }
