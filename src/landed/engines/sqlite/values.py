"""Which columns have to hold their values still when their table, or they themselves, are made anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import apsw

from landed.core.facts import EXISTS, FactKey
from landed.core.migration import Migration
from landed.engines.sqlite.lacking import remade
from landed.engines.sqlite.rehearse.copies import inserted_columns, is_transformed
from landed.engines.sqlite.renames import Renames
from landed.engines.sqlite.rowguard import Loss
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold, quote, unquote

Facts = Mapping[FactKey, str]


class Held(NamedTuple):
    """A column by its name before the file. ``gone``: there is none of this name afterwards, and no statement
    carries its values on. ``blindly``: it is filled by position, which may be another column's."""

    table: str
    column: str
    gone: bool = False
    blindly: bool = False


class Figures(NamedTuple):
    """What a column holds: how many values, how long they are together, the least and the greatest."""

    values: int
    length: float
    least: str | None
    greatest: str | None


def held(
    migration: Migration, chosen: Collection[int], renames: Renames, dropped: Collection[str],
    before: Facts, after: Facts,
) -> list[Held]:  # fmt: skip
    """The columns of tables that are made anew, and those dropped and added again, but for the ones that the
    file fills by an expression or sets in so many words. ``dropped`` are tables by their names before."""
    tables = remade(before, after, dropped)
    columns = [(k.parent, k.name) for k in before if k.kind == "column" and k.prop == EXISTS]
    wanted = [c for c in columns if c[0] in tables] + [c for c in renames.anew if c[0] not in tables]
    if not wanted:
        return []
    own = [s for s in migration.statements if s.number in chosen and head_of(s).writes_rows]
    copies = [s for s in own if "INTO" in head_of(s).words]
    blindly = any(inserted_columns(s) is None or _starred(head_of(s).every) for s in copies)
    named = {fold(unquote(t.text)) for s in own for t in head_of(s).every if t.kind in ("word", "quoted")}
    updated = {
        fold(unquote(t.text))
        for s in own
        if "UPDATE" in head_of(s).words
        for t in head_of(s).every
        if t.kind in ("word", "quoted")
    }
    found = []
    for table, column in sorted(wanted):
        if FactKey("column", table, column, EXISTS) in after:
            if column not in updated and not any(is_transformed(s, column) for s in copies):
                found.append(Held(table, column, blindly=blindly))
        elif column not in named and not blindly and copies:
            found.append(Held(table, column, gone=True))
    return found


def figures(connection: apsw.Connection, columns: Collection[Held]) -> dict[tuple[str, str], Figures]:
    """What these columns hold now, those that are there. Reads each table once."""
    found: dict[tuple[str, str], Figures] = {}
    for table in sorted({c.table for c in columns}):
        there = {
            fold(str(n)) for (n,) in connection.execute("SELECT name FROM pragma_table_xinfo(?)", (table,))
        }
        names = [c.column for c in columns if c.table == table and c.column in there]
        for at in range(0, len(names), 200):
            part = names[at : at + 200]
            sums = ", ".join(
                f"count({c}), total(length({c})), min(CAST({c} AS TEXT)), max(CAST({c} AS TEXT))"
                for c in map(quote, part)
            )
            row: tuple[Any, ...] = connection.execute(f"SELECT {sums} FROM main.{quote(table)}").fetchall()[0]
            for place, name in enumerate(part):
                found[table, name] = Figures(*row[4 * place : 4 * place + 4])
    return found


def losses(
    columns: Collection[Held],
    before: Mapping[tuple[str, str], Figures],
    now: Mapping[tuple[str, str], Figures],
) -> list[Loss]:
    """What these columns held and hold no more, where no row of their tables has gone."""
    found = []
    for held in columns:
        was = before.get((held.table, held.column))
        if was is None or not was.values:
            continue
        if held.gone:
            found.append(Loss("drop-column", held.table, was.values, held.column))
            continue
        seen = now.get((held.table, held.column))
        if seen is None or seen == was:
            continue
        others = [f for (t, c), f in before.items() if t == held.table and c != held.column]
        if seen.values < was.values:
            found.append(Loss("change-rows", held.table, was.values - seen.values, held.column))
        elif held.blindly and seen in others:
            found.append(Loss("change-rows", held.table, was.values, held.column))
    return found


def _starred(tokens: Collection[object]) -> bool:
    """Whether a SELECT takes whatever columns there are, in the order that they have."""
    texts = [getattr(token, "text", "").upper() for token in tokens]
    return any(
        text == "*" and (texts[at - 1] in ("SELECT", "DISTINCT", "ALL", ".", ","))
        for at, text in enumerate(texts)
    )
