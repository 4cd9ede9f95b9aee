"""Which tables, columns and values a file may take away: from its replay, and from its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from landed.core.facts import EXISTS, FactKey
from landed.core.migration import Migration, Statement
from landed.core.timeline import StatementTrace, Step
from landed.engines.postgres.kinds.naming import split_name
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.inside import Names, dropped_and_retyped, dropped_names

_RENAMES = re.compile(r"\brename\b|\bset\s+schema\b", re.IGNORECASE)
# Words that follow each other with anything between, each looked for once: one pattern for all of it would go
# over the text again from every first word.
_COPIES = [
    [re.compile(word, re.IGNORECASE) for word in words]
    for words in (
        (r"\binsert\s+into\b", r"\b(?:select|table)\b"),
        (r"\bcreate\b", r"\btable\b", r"\bas\b"),
        (r"\bselect\b", r"\binto\b", r"\bfrom\b"),
        (r"\bmerge\s+into\b|\bupdate\b",),
    )
]
_LIMITED = re.compile(r"character(?: varying)?\((\d+)\)\Z")
_USING = re.compile(r"\busing\b", re.IGNORECASE)
_CUTS = re.compile(r"\b(?:left|substr|substring)\s*\(", re.IGNORECASE)
_CASTS = re.compile(r"::|\bcast\s*\(", re.IGNORECASE)
_SETS = re.compile(r"\bupdate\b|\bmerge\s+into\b", re.IGNORECASE)
_MADE = frozenset(("TABLE", "TEMP", "TEMPORARY", "UNLOGGED", "LOCAL", "GLOBAL"))


class Going(NamedTuple):
    """A table, or one of its columns, that was there before the file and may be gone after it.

    Names are as facts show them, without a schema (``""``) where only the text tells them. ``again`` is what
    the replay says of its name at the end, and ``copied`` whether a statement before has read its rows.
    ``longest`` is how many characters a text may have once its type is changed by a cast, or 0: a cast cuts
    what is longer without an error.
    """

    schema: str
    table: str
    column: str = ""
    again: bool = False
    copied: bool = False
    longest: int = 0


def going(migration: Migration, step: Step, chosen: Collection[int]) -> list[Going]:
    """What may go in the chosen statements (numbers): in the replay, or by what their text says of names that
    are there again at the end of the same statement."""
    statements = {s.number: s for s in migration.statements if s.number in chosen}
    lost, there, names, renamed = _lost([t for t in step.traces if t.number in chosen], statements)
    tables = {key.name for key in lost if key.kind == "table"}
    found: dict[Names, Going] = {}
    for key, at in lost.items():
        again = there.get(key, False)
        if key.kind == "table":
            copied = _is_copied(statements.values(), at, [names[key]])
            found[_names(key)] = Going(*_names(key), again, copied)
        elif key.parent not in tables or (not again and there.get(FactKey("table", "", key.parent, EXISTS))):
            holder = names.get(FactKey("table", "", key.parent, EXISTS), {split_name(key.parent)[-1]})
            copied = _is_copied(statements.values(), at, [holder, names[key]])
            found[_names(key)] = Going(*_names(key), again, copied)
    known = {(table, column) for _, table, column in found}
    for statement in statements.values():
        for schema, table, column in _hidden(statement):
            before = renamed.get((table, column), (schema, table, column))
            if before[1:] not in known:
                read = [{table}, *([{column}] if column else [])]
                copied = _is_copied(statements.values(), statement.number, read)
                found[before] = Going(*before, again=True, copied=copied)
    return list(found.values())


def retyped(migration: Migration, step: Step, chosen: Collection[int]) -> list[Going]:
    """Columns that get another type by an expression (USING), which may give NULL for what they hold.

    Not those that the file itself updates: what they hold is another thing then.
    """
    statements = {s.number: s for s in migration.statements if s.number in chosen}
    using = {n for n, s in statements.items() if "using" in s.text.lower() and "type" in s.text.lower()}
    if not using:
        return []
    renamed = _lost([t for t in step.traces if t.number in chosen], statements).renamed
    found: dict[Names, int] = {}
    for trace in step.traces:
        if trace.number in using:
            for key, before, after in trace.effects:
                if (key.kind, key.prop) == ("column", "type") and before is not None and after is not None:
                    now = _names(key)
                    limit = _LIMITED.match(after) if _casts(statements[trace.number].text) else None
                    found[renamed.get(now[1:], now)] = int(limit[1]) if limit else 0
    for number in using:
        named = {names[1:] for names in found}
        verb = head_of(statements[number]).verb
        if verb in ("ALTER", "DO"):
            more = dropped_and_retyped(statements[number].text, verb == "DO")[1]
            origins = [renamed.get(names[1:], names) for names in more]
            found.update({names: 0 for names in origins if names[1:] not in named})
    return [
        Going(*names, again=True, copied=True, longest=longest)
        for names, longest in sorted(found.items())
        if not is_set(statements.values(), *names[1:])
    ]


def is_set(statements: Iterable[Statement], table: str, column: str) -> bool:
    """Whether a statement updates rows and names this table and this column."""
    for statement in statements:
        head = head_of(statement)
        if _SETS.search(statement.text) and head.verb != "CREATE":
            named = head.names_in_bodies
            if table in named and column in named:
                return True
    return False


class _Followed(NamedTuple):
    """What was there before and goes, with the last statement that takes it; what is there at the end; the
    names (without schema) that each of it has had; and by its later names, what had others before."""

    lost: dict[FactKey, int]
    there: dict[FactKey, bool]
    names: dict[FactKey, set[str]]
    renamed: dict[tuple[str, str], Names]


def _names(key: FactKey) -> Names:
    if key.kind == "table":
        schema, table = split_name(key.name)
        return schema, table, ""
    schema, table = split_name(key.parent)
    return schema, table, split_name(key.name)[0]


def _lost(traces: Iterable[StatementTrace], statements: dict[int, Statement]) -> _Followed:
    first: dict[FactKey, bool] = {}
    there: dict[FactKey, bool] = {}
    lost: dict[FactKey, int] = {}
    origin: dict[FactKey, FactKey] = {}
    names: dict[FactKey, set[str]] = {}
    renamed: dict[tuple[str, str], Names] = {}
    for trace in traces:
        statement = statements[trace.number]
        renames = head_of(statement).verb == "ALTER" and _RENAMES.search(statement.text) is not None
        seen = [e for e in trace.effects if e.key.prop == EXISTS and e.key.kind in ("table", "column")]
        gone = [e.key for e in seen if e.after is None]
        came = [e.key for e in seen if e.before is None]
        for key, before, after in seen:
            first.setdefault(key, before is not None)
            there[key] = after is not None
        moved = _moved(gone, came) if renames else {}
        taken = {key: origin.pop(key, key) for key in gone}
        for key in gone:
            source = taken[key]
            names.setdefault(source, {split_name(source.name)[-1]}).add(split_name(key.name)[-1])
            if key in moved:
                origin[moved[key]] = source
                names[source].add(split_name(moved[key].name)[-1])
                renamed[_names(moved[key])[1:]] = _names(source)
            elif first.get(source, True):
                lost[source] = trace.number
    return _Followed(lost, there, names, renamed)


def _moved(gone: list[FactKey], came: list[FactKey]) -> dict[FactKey, FactKey]:
    """Which of what went in one ALTER … RENAME (or SET SCHEMA) is which of what came."""
    moved: dict[FactKey, FactKey] = {}
    old, new = ([k for k in keys if k.kind == "table"] for keys in (gone, came))
    if len(old) == len(new) == 1:
        moved[old[0]] = new[0]
    elif not old and not new:
        # One column of a table, and of all that inherit from it.
        for parent in {k.parent for k in gone}:
            a, b = ([k for k in keys if k.parent == parent] for keys in (gone, came))
            if len(a) == len(b) == 1:
                moved[a[0]] = b[0]
        return moved
    tables = {k.name: v.name for k, v in moved.items()}
    if not old:
        # A schema with another name: every table keeps its own.
        return moved
    wanted = {(k.parent, k.name): k for k in came if k.kind == "column"}
    for key in gone:
        target = wanted.get((tables.get(key.parent, ""), key.name))
        if key.kind == "column" and target is not None:
            moved[key] = target
    return moved


def _is_copied(statements: Iterable[Statement], at: int, named: list[set[str]]) -> bool:
    """Whether a statement before number ``at`` reads what has these names; a block may do so itself."""
    for statement in statements:
        head = head_of(statement)
        if statement.number > at or (statement.number == at and head.verb != "DO"):
            continue
        if head.verb == "CREATE" and head.words[1:] and head.words[1] not in _MADE:
            continue
        if _copies(statement.text):
            found = head.names_in_bodies
            if all(names & found for names in named):
                return True
    return False


def _hidden(statement: Statement) -> Iterator[Names]:
    """Tables and columns that a statement drops by its text, where it may also make the name anew, or says IF
    EXISTS of what only the target may have: (schema or ``""``, table, column or ``""``)."""
    head = head_of(statement)
    low = statement.text.lower()
    if "drop" not in low:
        return
    asks = head.verb in ("ALTER", "DROP") and "exists" in low
    if asks or (head.begins("ALTER", "TABLE") and "add" in low):
        yield from dropped_names(statement.text, inside=False)
    elif head.verb == "DO" and re.search(r"\badd\b|\bcreate\b|\brename\b|\bset\s+schema\b", low):
        yield from dropped_names(statement.text, inside=True)


def _copies(sql: str) -> bool:
    """Whether a statement may take rows from one table into another."""
    return any(_in_order(sql, words) for words in _COPIES)


def _in_order(sql: str, words: Sequence[re.Pattern[str]]) -> bool:
    at = 0
    for word in words:
        found = word.search(sql, at)
        if found is None:
            return False
        at = found.end()
    return True


def _casts(sql: str) -> bool:
    """Whether a USING casts what follows it, and cuts nothing off."""
    cut = max((found.start() for found in _CUTS.finditer(sql)), default=-1)
    cast = max((found.start() for found in _CASTS.finditer(sql)), default=-1)
    return any(cut < found.end() <= cast for found in _USING.finditer(sql))
