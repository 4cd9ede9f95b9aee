"""Views, rules, sequences, statistics, publications: the statements that bring their properties back."""

from __future__ import annotations

from collections.abc import Callable

from landed.core.facts import EXISTS
from landed.engines.postgres.catalog.restore_names import bare, text
from landed.engines.postgres.catalog.restore_objects import Piece
from landed.engines.postgres.catalog.restore_tables import parameters

_ENABLED = {"yes": "ENABLE", "no": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}


def view(piece: Piece) -> None:
    """A view or a materialised one; one whose columns are others cannot be replaced and is made anew."""
    kind, _, name = piece.object
    word = kind.upper()
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP {word} {name}")
        return
    options = sorted(p for p in piece.want if p not in _NO_OPTIONS)
    listed = f" WITH ({', '.join(f'{o}={piece.want[o]}' for o in options)})" if options else ""
    if piece.missing or "definition" in piece.todo:
        made_again = piece.missing or kind == "materialized view" or _other_columns(piece)
        if made_again and not piece.missing:
            piece.alter(f"DROP {word} {name}")
        head = f"CREATE {word}" if made_again else f"CREATE OR REPLACE {word}"
        piece.alter(f"{head} {name}{listed} AS\n{piece.want['definition']}")
        piece.takes_all()
        piece.anew = made_again
        if made_again:
            _goes_along(piece)
        return
    parameters(piece, f"ALTER {word} {name} ")


_NO_OPTIONS = frozenset((EXISTS, "definition", "comment", "owner", "access method", "tablespace"))


def _other_columns(piece: Piece) -> bool:
    """Whether the columns that are there would have to get other names or types, or to go."""
    name = piece.object.name
    return any(
        key.kind == "column" and key.parent == name and key.prop in (EXISTS, "type", "collation")
        and piece.schema.expected.get(key) != value
        for key, value in piece.schema.live.items()
    )  # fmt: skip


def _goes_along(piece: Piece) -> None:
    """What a relation that is made anew loses: indexes and privileges."""
    name = piece.object.name
    for key in piece.schema.parts.get(name, ()):
        if key.kind.startswith(("grant on ", "revoke on ")):
            piece.schema.rights_again.add(key)
        elif key.kind == "index" and key.prop == EXISTS:
            if key.object not in piece.schema.pieces:
                want = piece.schema.wanted[key.object]
                unique = "UNIQUE " if want.get("unique") == "yes" else ""
                piece.alter(f"CREATE {unique}INDEX {bare(key.name)} ON {name} USING {want['definition']}")
        elif key.prop == "comment" and key.kind == "column":
            at = f"COLUMN {name}.{bare(key.name)}"
            piece.alter(f"COMMENT ON {at} IS {text(piece.schema.expected[key])}")


def rule(piece: Piece) -> None:
    """A rewrite rule."""
    _, table, name = piece.object
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP RULE {bare(name)} ON {table}")
        return
    if piece.todo & {EXISTS, "definition"}:
        piece.takes(EXISTS, "definition")
        made = piece.want["definition"].strip().rstrip(";")
        piece.alter(made.replace("CREATE RULE", "CREATE OR REPLACE RULE", 1))
        if piece.missing or piece.want.get("enabled") == piece.have.get("enabled", "yes"):
            piece.todo.discard("enabled")
        if not piece.have and piece.want.get("enabled") != "yes":
            piece.todo.add("enabled")
    if piece.takes("enabled"):
        piece.alter(f"ALTER TABLE {table} {_ENABLED[piece.want['enabled']]} RULE {bare(name)}")


_SEQUENCE = ("type", "increment", "minimum", "maximum", "start", "cache", "cycle")


def sequence(piece: Piece) -> None:
    """A sequence's parameters; those of an identity column are altered through it all the same."""
    name, want = piece.object.name, piece.want
    if piece.obj_gone:
        return
    if piece.missing and (owner := want.get("owned by")):
        # One that a column's identity brings comes back with it.
        table, _, column = owner.rpartition(".")
        of = piece.schema.pieces.get(piece.object._replace(kind="column", parent=table, name=column))
        if of is not None and "identity" in of.todo | of.did:
            piece.todo.clear()
            return
    if piece.missing:
        parts = [p for p in _SEQUENCE if p in want]
        piece.alter(" ".join([f"CREATE SEQUENCE {name}", *(_parameter(p, want[p]) for p in parts)]))
        piece.takes(EXISTS, *_SEQUENCE)
    elif piece.todo & set(_SEQUENCE):
        changed = [p for p in _SEQUENCE if p in piece.todo]
        if {"minimum", "maximum", "increment"} & set(changed) and "start" not in changed and "start" in want:
            changed.append("start")
        piece.takes(*_SEQUENCE)
        told = " ".join(_parameter(p, want.get(p)) for p in changed)
        piece.alter(f"ALTER SEQUENCE {name} {told}")
    if piece.takes("persistence"):
        piece.alter(f"ALTER SEQUENCE {name} SET {'UNLOGGED' if 'persistence' in want else 'LOGGED'}")
    if piece.takes("owned by"):
        # The table may be made only after the sequence that a default of it needs.
        piece.later.append(f"ALTER SEQUENCE {name} OWNED BY {want.get('owned by', 'NONE')}")


def _parameter(prop: str, value: str | None) -> str:
    match prop:
        case "type":
            return f"AS {value}"
        case "increment":
            return f"INCREMENT BY {value or 1}"
        case "minimum":
            return f"MINVALUE {value}" if value else "NO MINVALUE"
        case "maximum":
            return f"MAXVALUE {value}" if value else "NO MAXVALUE"
        case "start":
            return f"START WITH {value or 1}"
        case "cache":
            return f"CACHE {value or 1}"
        case _:
            return "CYCLE" if value else "NO CYCLE"


def statistics(piece: Piece) -> None:
    """Extended statistics."""
    name = piece.object.name
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP STATISTICS {name}")
        return
    if piece.todo & {EXISTS, "definition"}:
        if not piece.missing:
            piece.alter(f"DROP STATISTICS {name}")
        piece.takes(EXISTS, "definition")
        piece.anew = True
        piece.alter(piece.want["definition"])
        if "statistics target" in piece.want:
            piece.todo.add("statistics target")
    if piece.takes("statistics target"):
        piece.alter(f"ALTER STATISTICS {name} SET STATISTICS {piece.want.get('statistics target', '-1')}")


def publication(piece: Piece) -> None:
    """A publication's own options; its members are objects of their own."""
    name = bare(piece.object.name)
    if piece.obj_gone:
        return
    if piece.missing:
        every = " FOR ALL TABLES" if "all tables" in piece.want else ""
        piece.alter(
            f"CREATE PUBLICATION {name}{every} WITH (publish = {text(piece.want.get('publish', ''))})"
        )
        piece.takes(EXISTS, "all tables", "publish")
    if piece.takes("publish"):
        piece.alter(f"ALTER PUBLICATION {name} SET (publish = {text(piece.want.get('publish', ''))})")
    if piece.takes("via partition root"):
        value = "true" if "via partition root" in piece.want else "false"
        piece.alter(f"ALTER PUBLICATION {name} SET (publish_via_partition_root = {value})")


def publication_member(piece: Piece) -> None:
    """A table or schema in a publication."""
    kind, of, name = piece.object
    at = f"ALTER PUBLICATION {bare(of)} "
    what = "TABLES IN SCHEMA" if kind == "publication schema" else "TABLE"
    if not piece.missing:
        piece.alter(f"{at}DROP {what} {name}")
    gone = piece.obj_gone
    piece.todo.clear()
    if gone:
        return
    columns = f" ({piece.want['columns']})" if "columns" in piece.want else ""
    where = f" WHERE {_enclosed(piece.want['where'])}" if "where" in piece.want else ""
    piece.alter(f"{at}ADD {what} {name}{columns}{where}")


def _enclosed(expression: str) -> str:
    return expression if expression.startswith("(") and expression.endswith(")") else f"({expression})"


HANDLERS: dict[str, Callable[[Piece], None]] = {
    "view": view,
    "materialized view": view,
    "rule": rule,
    "sequence": sequence,
    "statistics": statistics,
    "publication": publication,
    "publication table": publication_member,
    "publication schema": publication_member,
}
