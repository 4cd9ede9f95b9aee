"""The statements that bring expected facts back, where a schema was changed by hand.

Built from facts alone, so that it costs no look at a server. Nothing here takes away what holds rows: a
column or table that should be gone is left to people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from landed.core.facts import EXISTS, FactKey, Facts, ObjectKey, holds
from landed.engines.postgres.catalog import (
    restore_code,
    restore_columns,
    restore_relations,
    restore_rights,
    restore_tables,
    restore_types,
)
from landed.engines.postgres.catalog.restore_names import on_object, role, text
from landed.engines.postgres.catalog.restore_objects import Piece, Schema, renamed_back

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


_RIGHTS = ("grant on ", "revoke on ", "default privileges", "default revocation")
_HANDLERS: Mapping[str, Callable[[Piece], None]] = (
    restore_code.HANDLERS
    | restore_types.HANDLERS
    | restore_relations.HANDLERS
    | restore_tables.HANDLERS
    | restore_columns.HANDLERS
)
_ORDER = (
    "schema", "extension", "enum", "domain", "composite type", "attribute", "range type", "sequence", "table",
    "foreign table", "column", "constraint", "index", "statistics", "function", "procedure", "aggregate",
    "window function", "view", "materialized view", "rule", "trigger", "policy", "event trigger",
    "publication", "publication table", "publication schema",
)  # fmt: skip
_RANK = {kind: at for at, kind in enumerate(_ORDER)}


def restoring(
    wrong: Iterable[FactKey], expected: Facts, live: Facts, *, makes_tables: bool = False
) -> Restored:
    """What sets the ``wrong`` facts right: ``expected`` is all that should be, ``live`` all that is.

    Whole tables and enums are made only on request: where a file makes them, its own statement does.
    """
    keys = {key for key in wrong if not holds(key, expected.get(key), live.get(key))}
    schema = Schema(expected, live, makes_tables=makes_tables)
    sql, follows = renamed_back(schema, keys)
    renames = bool(sql)
    instead: list[str] = []
    keys -= follows
    left: set[FactKey] = set()
    cautions: list[str] = []
    rights = {key for key in keys if key.kind.startswith(_RIGHTS)}
    objects: dict[ObjectKey, set[FactKey]] = {}
    for key in keys - rights:
        objects.setdefault(key.object, set()).add(key)
    pieces = [Piece(obj, {k.prop for k in objects[obj]}, schema) for obj in sorted(objects, key=_rank)]
    schema.pieces = {piece.object: piece for piece in pieces}
    # What a view's columns are, its definition says.
    for piece in sorted(pieces, key=lambda piece: not piece.object.kind.endswith("view")):
        if schema.gone(piece.object.parent):
            continue
        if piece.missing and piece.object.kind in _DEFINED and piece.want.keys() <= {EXISTS, "comment"}:
            continue  # of what no replay has made, only the name is known
        if (handler := _HANDLERS.get(piece.object.kind)) is not None:
            try:
                handler(piece)
            except KeyError:
                piece.give_up()  # so is what was only claimed, and changed later
                continue
        _comment(piece)
        _owner(piece)
    without = _gone_names(pieces)
    for piece in pieces:
        if without and any(without.search(statement) for statement in piece.sql):
            # What it needs is not there, and nothing here makes it.
            left |= {piece.object.fact(prop) for prop in piece.todo | piece.did}
            continue
        sql += piece.sql
        instead += piece.instead
        cautions += piece.cautions
        left |= {piece.object.fact(prop) for prop in piece.todo} | piece.left
    sql += [statement for piece in pieces for statement in piece.later]
    # A table or view that is made anew begins with privileges of its own.
    rights |= schema.rights_again
    found, unknown = restore_rights.statements(rights, expected, live)
    sql += found
    left |= unknown
    return Restored(
        tuple(dict.fromkeys(sql)),
        tuple(sorted(left)),
        tuple(dict.fromkeys(cautions)),
        tuple(instead),
        renames,
    )


_DEFINED = frozenset(
    ("table", "column", "constraint", "index", "trigger", "policy", "rule", "view", "materialized view",
     "function", "procedure", "aggregate", "enum", "domain", "composite type", "range type", "event trigger")
)  # fmt: skip
"""What is more than its name."""

_NAMED = frozenset(("enum", "domain", "composite type", "range type", "table", "function", "sequence"))


def _gone_names(pieces: Iterable[Piece]) -> re.Pattern[str] | None:
    """Matches the names of objects that are missing and that no statement here makes again."""
    names = [p.object.name for p in pieces if p.missing and p.object.kind in _NAMED]
    names = [re.escape(name.partition("(")[0]) for name in names]
    return re.compile(rf"(?<![\w.\"])(?:{'|'.join(names)})(?![\w\"])") if names else None


def _rank(obj: ObjectKey) -> tuple[int, bool, ObjectKey]:
    return _RANK.get(obj.kind, len(_ORDER)), "FOREIGN KEY" in obj.name, obj


def _comment(piece: Piece) -> None:
    wanted = piece.want.get("comment")
    made = EXISTS in piece.did and wanted is not None
    if "comment" not in piece.todo and not made and not (piece.anew and wanted is not None):
        return
    if piece.obj_gone:
        return
    named = on_object(piece.object, piece.schema.is_domain(piece.object.parent))
    if named is None:
        return
    piece.todo.discard("comment")
    piece.sql.append(f"COMMENT ON {named} IS {text(wanted)}")


_OWNED = frozenset(
    ("table", "foreign table", "view", "materialized view", "sequence", "function", "procedure", "aggregate",
     "window function", "enum", "domain", "composite type", "range type", "schema", "statistics",
     "publication", "event trigger", "collation", "foreign server")
)  # fmt: skip


def _owner(piece: Piece) -> None:
    """Ownership by the usual role is no fact, so only another owner has a name here."""
    if "owner" not in piece.todo or piece.object.kind not in _OWNED or piece.obj_gone:
        return
    piece.todo.discard("owner")
    named = on_object(piece.object, of_domain=False)
    piece.sql.append(f"ALTER {named} OWNER TO {role(piece.want.get('owner', '(owner)'))}")
