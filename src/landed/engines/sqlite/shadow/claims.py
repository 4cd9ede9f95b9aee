"""Claims: what a statement that could not be replayed says it does, read from its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landed.core.facts import Change, Effects, FactKey
from landed.engines.sqlite.catalog.facts import SchemaRow, object_facts
from landed.engines.sqlite.sql.head import Head
from landed.engines.sqlite.sql.tokens import Token, unquote

_TYPES = {"TABLE": "table", "INDEX": "index", "VIEW": "view", "TRIGGER": "trigger"}
_SKIPPED = frozenset({"TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL"})


def claimed_effects(head: Head, facts: Mapping[FactKey, str]) -> Effects:
    """The facts that a CREATE or an ADD COLUMN claims to make, where ``facts`` do not have them yet.

    Weaker evidence than a replay: nothing has confirmed that the engine would read it the same way.
    Statements of other forms claim nothing.
    """
    if head.verb == "CREATE":
        claimed = _created(head.text, head.every, head.words[:8])
    elif head.begins("ALTER", "TABLE"):
        claimed = _added(head.text, head.every)
    else:
        return ()
    return tuple(Change(key, None, value) for key, value in sorted(claimed.items()) if key not in facts)


def _created(sql: str, tokens: Sequence[Token], words: tuple[str, ...]) -> dict[FactKey, str]:
    at = 1
    while at < len(words) and words[at] in _SKIPPED:
        at += 1
    kind = _TYPES.get(words[at]) if at < len(words) else None
    if kind is None or "TEMP" in words[:at] or "TEMPORARY" in words[:at]:
        return {}
    at += 1
    if words[at : at + 3] == ("IF", "NOT", "EXISTS"):
        at += 3
    if at >= len(tokens):
        return {}
    name = tokens[at].text
    table = name
    if kind in ("index", "trigger"):
        table = next(
            (tokens[i + 1].text for i in range(at, len(tokens) - 1) if tokens[i].text.upper() == "ON"), name
        )
    return dict(object_facts(SchemaRow(kind, unquote(name), unquote(table), sql)))


def _added(sql: str, tokens: Sequence[Token]) -> dict[FactKey, str]:
    if len(tokens) < 6 or tokens[3].text.upper() != "ADD":
        return {}
    first = 5 if tokens[4].text.upper() == "COLUMN" else 4
    table = unquote(tokens[2].text)
    text = f"CREATE TABLE {tokens[2].text} ({sql[tokens[first].start :]})"
    parts = ("column", "foreign key", "check", "unique")
    return {
        key: value for key, value in object_facts(SchemaRow("table", table, table, text)) if key.kind in parts
    }
