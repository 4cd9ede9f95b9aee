"""Which form a table is to have: what another schema says of it, and what nobody asked to take away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

from landed.core.facts import EXISTS, FactKey
from landed.engines.sqlite.catalog.table_facts import table_facts
from landed.engines.sqlite.sql.table_text import Item, TableText
from landed.engines.sqlite.sql.tokens import fold, quote

_NOT_CONSTANT = frozenset({"current_time", "current_date", "current_timestamp"})


def merged(table: str, now: TableText, wanted: TableText, wrong: Collection[FactKey]) -> TableText:
    """The form that has what is ``wanted`` and keeps what is there ``now`` beside it, but for the ``wrong``
    facts: columns and constraints that only one of both has come or go if one of these says so."""
    columns = [
        item for name, item in wanted.columns.items() if name in now.columns or _exists(table, name) in wrong
    ]
    columns += [
        item
        for name, item in now.columns.items()
        if name not in wanted.columns and _exists(table, name) not in wrong
    ]
    form = wanted.with_items(columns, wanted.constraints)
    checks_wrong = any(key.kind == "check" and key.parent == table for key in wrong)
    for item in now.constraints:
        if any(item.words == other.words for other in form.constraints):
            continue
        more = form.with_items(form.columns.values(), [*form.constraints, item])
        brought = _brought(_facts(table, form), _facts(table, more))
        # Who wrote another expression meant it instead of the first.
        unwanted = any(key in wrong or (key.kind == "check" and checks_wrong) for key in brought)
        if brought and not unwanted:
            form = more
    return form


def altered(
    table: str, now: TableText, wanted: TableText, wrong: Collection[FactKey], name: str
) -> list[str] | None:
    """The form by ALTER TABLE alone, where a column comes, goes, or has another name; else ``None``."""
    missing = [c for c in wanted.columns if c not in now.columns and _exists(table, c) in wrong]
    extra = [c for c in now.columns if c not in wanted.columns and _exists(table, c) in wrong]
    if (pair := renamed(now, wanted)) is not None and (missing or extra):
        old, new = (now.columns[pair[0]], wanted.columns[pair[1]])
        return [f"ALTER TABLE {quote(name)} RENAME COLUMN {quote(old.spelt)} TO {quote(new.spelt)}"]
    common = [c for c in wanted.columns if c in now.columns]
    here = now.with_items([now.columns[c] for c in common], now.constraints)
    there = wanted.with_items([wanted.columns[c] for c in common], wanted.constraints)
    if _facts(table, here) != _facts(table, there) or not (missing or extra):
        return None
    if not all(_can_be_added(wanted.columns[c]) for c in missing):
        return None
    return [
        *(f"ALTER TABLE {quote(name)} DROP COLUMN {quote(now.columns[c].spelt)}" for c in extra),
        *(f"ALTER TABLE {quote(name)} ADD COLUMN {wanted.columns[c].text}" for c in missing),
    ]


def renamed(now: TableText, wanted: TableText) -> tuple[str, str] | None:
    """The column (old, new name) that only has another name: in the same place, and the same but for it."""
    if len(now.columns) != len(wanted.columns):
        return None
    pairs = [
        (old, new)
        for (old, a), (new, b) in zip(now.columns.items(), wanted.columns.items(), strict=True)
        if old != new or a.words[1:] != b.words[1:]
    ]
    if len(pairs) != 1 or pairs[0][0] == pairs[0][1]:
        return None
    old, new = pairs[0]
    same = now.columns[old].words[1:] == wanted.columns[new].words[1:]
    return (old, new) if same and old not in wanted.columns and new not in now.columns else None


def demands(table: str, now: TableText, form: TableText) -> list[str]:
    """The columns that every row has to have a value in, and none has: new, NOT NULL, without a default."""
    facts = _facts(table, form)
    found = []
    for column in form.columns:
        key = FactKey("column", table, column, "not null")
        told = {prop for prop in ("default", "generated") if key._replace(prop=prop) in facts}
        if column not in now.columns and facts.get(key) == "yes" and not told:
            found.append(column)
    return found


def _can_be_added(item: Item) -> bool:
    """Whether ADD COLUMN takes it whatever rows there are (sqlite.org/lang_altertable.html)."""
    words = item.words
    if {"primary", "unique", "stored"} & set(words) or ("as" in words and "generated" not in words):
        return False
    default = words[words.index("default") + 1] if "default" in words else None
    if default is not None and (default in ("(", "null") or default in _NOT_CONSTANT):
        return False
    if "references" in words and default is not None:
        return False
    required = any(pair == ("not", "null") for pair in pairwise(words))
    # A CHECK is tried on rows that are not here.
    return not (required and default is None) and "check" not in words


def _brought(before: Mapping[FactKey, str], after: Mapping[FactKey, str]) -> set[FactKey]:
    """The facts that came, without those of a foreign key that is there already."""
    shapes = {(key.parent, key.name.partition(") ")[0].rstrip(")"), key.prop, v) for key, v in before.items()}
    came = after.keys() - before.keys()
    told = {
        key.object
        for key in came
        if (key.parent, key.name.partition(") ")[0].rstrip(")"), key.prop, after[key]) not in shapes
    }
    return {key for key in came if key.object in told}


def _exists(table: str, column: str) -> FactKey:
    return FactKey("column", table, column, EXISTS)


def _facts(table: str, form: TableText) -> dict[FactKey, str]:
    return dict(table_facts(fold(table), form.create(table)))
