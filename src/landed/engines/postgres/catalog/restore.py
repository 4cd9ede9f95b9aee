"""The statements that bring expected facts back, where a schema was changed by hand.

Built from facts alone, so that it costs no look at a server. Nothing here takes away what holds rows: a
column or table that should be gone is left to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from landed.core.facts import EXISTS, FactKey, Facts, ObjectKey, holds
from landed.engines.postgres.catalog import restore_rights
from landed.engines.postgres.catalog.restore_renamed import renamed_back
from landed.engines.postgres.kinds import KINDS
from landed.engines.postgres.kinds.naming import bare, path, role, schema_of, text
from landed.engines.postgres.kinds.writes import Piece, Schema

__all__ = ["Restored", "restoring"]


class Restored(NamedTuple):
    """Statements (without ``;``) in the order in which to run them.

    ``left`` are the facts that no statement is known for, ``cautions`` what to know before running it, and
    ``instead`` statements for a new migration that takes over what is there, where nothing can undo it.
    ``renames`` says that something has only another name now: to make it again would leave it there twice.
    """

    sql: tuple[str, ...]
    left: tuple[FactKey, ...]
    cautions: tuple[str, ...]
    instead: tuple[str, ...] = ()
    renames: bool = False


def restoring(
    wrong: Iterable[FactKey], expected: Facts, live: Facts, *, makes_tables: bool = False
) -> Restored:
    """What sets the ``wrong`` facts right: ``expected`` is all that should be, ``live`` all that is.

    Whole tables and types are made only on request: where a file makes them, its own statement does.
    """
    keys = {key for key in wrong if not holds(key, expected.get(key), live.get(key))}
    schema = Schema(expected, live, makes_tables=makes_tables)
    sql, follows = renamed_back(schema, keys)
    renames = bool(sql)
    keys -= follows
    rights = {key for key in keys if restore_rights.is_right(key)}
    pieces = pieces_of(keys - rights, schema)
    left = set(bring_back(pieces, schema))
    for piece in pieces:
        sql += piece.sql
    sql += [statement for piece in pieces for _, statement in piece.later]
    # A table or view that is made anew begins with privileges of its own.
    found, unknown = restore_rights.statements(rights | schema.rights_again, expected, live)
    return Restored(
        tuple(dict.fromkeys([*sql, *found])),
        tuple(sorted(left | unknown)),
        tuple(dict.fromkeys(caution for piece in pieces for caution in piece.cautions)),
        tuple(statement for piece in pieces for statement in piece.instead),
        renames,
    )


def pieces_of(keys: Iterable[FactKey], schema: Schema) -> list[Piece]:
    """The objects that these facts are about, in the order in which they can be made."""
    objects: dict[ObjectKey, set[str]] = {}
    for key in keys:
        objects.setdefault(key.object, set()).add(key.prop)
    return [Piece(obj, objects[obj], schema) for obj in sorted(objects, key=rank)]


def bring_back(pieces: list[Piece], schema: Schema) -> Iterable[FactKey]:
    """Let every piece write down what sets it right; returns the facts that nothing is known for."""
    schema.pieces = {piece.object: piece for piece in pieces}
    # What a view's columns are, its definition says.
    for piece in sorted(pieces, key=lambda piece: not piece.object.kind.endswith("view")):
        if schema.gone(piece.object.parent):
            continue
        kind = KINDS.get(piece.object.kind)
        if kind and kind.whole and piece.missing and piece.want.keys() <= {EXISTS, "comment"}:
            continue  # of what no replay has made, only the name is known
        if kind and kind.writes is not None:
            try:
                kind.writes.bring_back(piece)
            except KeyError:
                piece.give_up()  # so is what was only claimed, and changed later
                continue
        _comment(piece)
        _owner(piece)
    without = _gone_names(pieces)
    for piece in pieces:
        if without and any(without.search(statement) for statement in piece.sql):
            # What it needs is not there, and nothing here makes it.
            yield from (piece.object.fact(prop) for prop in piece.todo | piece.did)
            piece.give_up()
            continue
        yield from (piece.object.fact(prop) for prop in piece.todo)
        yield from piece.left


_NEEDED = frozenset(kind.name for kind in KINDS.values() if kind.needed)


def _gone_names(pieces: Iterable[Piece]) -> re.Pattern[str] | None:
    """Matches the names of objects that are missing and that no statement here makes again."""
    names = [p.object.name for p in pieces if p.missing and p.object.kind in _NEEDED]
    names = [re.escape(name.partition("(")[0]) for name in names]
    return re.compile(rf"(?<![\w.\"])(?:{'|'.join(names)})(?![\w\"])") if names else None


_LAST = 999


def rank(obj: ObjectKey) -> tuple[int, bool, ObjectKey]:
    """Where an object stands where nothing forces another order."""
    kind = KINDS.get(obj.kind)
    return kind.order if kind else _LAST, "FOREIGN KEY" in obj.name, obj


def _comment(piece: Piece) -> None:
    wanted = piece.want.get("comment")
    made = EXISTS in piece.did and wanted is not None
    if "comment" not in piece.todo and not made and not (piece.anew and wanted is not None):
        return
    if piece.obj_gone or piece.missing:
        return
    named = on_object(piece.object, piece.schema.is_domain(piece.object.parent))
    if named is None:
        return
    piece.todo.discard("comment")
    piece.sql.append(f"COMMENT ON {named} IS {text(wanted)}")


def _owner(piece: Piece) -> None:
    """Ownership by the usual role is no fact, so only another owner has a name here."""
    kind = KINDS.get(piece.object.kind)
    if "owner" not in piece.todo or kind is None or not kind.given or piece.obj_gone or piece.missing:
        return
    if piece.object.kind == "sequence" and "owned by" in piece.want:
        piece.takes("owner")  # goes with its table
        return
    piece.todo.discard("owner")
    owner = role(piece.want.get("owner", "(owner)"))
    sql = f"ALTER {on_object(piece.object, of_domain=False)} OWNER TO {owner}"
    if piece.schema.copy:
        piece.later.append(("owner", sql))
    else:
        piece.sql.append(sql)


def on_object(obj: ObjectKey, of_domain: bool) -> str | None:
    """An object as COMMENT ON and ALTER … OWNER name it, ``None`` where they do not."""
    kind, parent, name = obj
    about = KINDS.get(kind)
    if about is None or not about.word:
        return None
    if about.word == "COLUMN":
        return f"COLUMN {path(parent)}.{bare(name)}"
    if kind == "index":
        return f"INDEX {path(schema_of(parent))}.{bare(name)}"
    if about.on:
        return f"{about.word} {bare(name)} ON {'DOMAIN ' if of_domain else ''}{path(parent)}"
    return f"{about.word} {about.writes.shown(name) if about.writes else path(name)}"
