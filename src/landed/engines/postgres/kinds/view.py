"""Views and materialised views."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
    OPTIONS,
    OWNED,
    THERE,
    TOAST,
    VIEW,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.naming import bare, text
from landed.engines.postgres.kinds.options import parameters
from landed.engines.postgres.kinds.said import gone_relation, made_as, made_relation
from landed.engines.postgres.kinds.table import RIGHTS
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="views",
        catalog="pg_class",
        relkinds="vm",
        named="relation",
        props=(
            THERE,
            Prop("view", VIEW, ("definition",), "query"),
            *plain("populated", "access method", "tablespace"),
            Prop("options", OPTIONS, shown="options (`security_invoker`, …)"),
            Prop("toast", TOAST, shown=""),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(Touch("pg_rewrite", "c.ev_class", when="c.rulename = '_RETURN'", through=True),),
        names=True,
    ),
)  # fmt: skip


_NO_OPTIONS = frozenset(
    (EXISTS, "definition", "comment", "owner", "populated", "access method", "tablespace")
)


def _again(piece: Piece) -> bool:
    """One whose columns are others cannot be replaced."""
    return "definition" in piece.todo and (piece.object.kind == "materialized view" or _other_columns(piece))


def _other_columns(piece: Piece) -> bool:
    """Whether the columns that are there would have to get other names or types, or to go."""
    name = piece.object.name
    return any(
        key.kind == "column" and key.parent == name and key.prop in (EXISTS, "type", "collation")
        and piece.schema.expected.get(key) != value
        for key, value in piece.schema.live.items()
    )  # fmt: skip


def _create(piece: Piece) -> bool:
    piece.alter(_made(piece, f"CREATE {piece.object.kind.upper()}"))
    piece.takes_all()
    _goes_along(piece)
    return True


def _alter(piece: Piece) -> None:
    if "definition" in piece.todo:
        piece.alter(_made(piece, "CREATE OR REPLACE VIEW"))
        piece.takes_all()
    if "populated" in piece.want and piece.takes("populated"):
        piece.alter(f"REFRESH MATERIALIZED VIEW {piece.name}")
    parameters(piece, f"ALTER {piece.object.kind.upper()} {piece.name} ")


def _made(piece: Piece, head: str) -> str:
    want, tail = piece.want, ""
    options = sorted(p for p in want if p not in _NO_OPTIONS)
    listed = f" WITH ({', '.join(f'{o}={want[o]}' for o in options)})" if options else ""
    if piece.object.kind == "materialized view":
        method = f" USING {bare(want['access method'])}" if "access method" in want else ""
        listed = method + listed
        listed += f" TABLESPACE {bare(want['tablespace'])}" if "tablespace" in want else ""
        # In a copy its rows are no definition, and making them would run whatever its query calls.
        tail = "\nWITH NO DATA" if piece.schema.copy else ""
    return f"{head} {piece.name}{listed} AS\n{want['definition']}{tail}"


def _goes_along(piece: Piece) -> None:
    """What a relation that is made anew loses: indexes and privileges."""
    name = piece.object.name
    for key in piece.schema.parts.get(name, ()):
        if key.kind.startswith(("grant on ", "revoke on ")):
            piece.schema.rights_again.add(key)
        elif piece.schema.copy:
            continue
        elif key.kind == "index" and key.prop == EXISTS:
            if key.object not in piece.schema.pieces:
                want = piece.schema.wanted[key.object]
                unique = "UNIQUE " if want.get("unique") == "yes" else ""
                piece.alter(f"CREATE {unique}INDEX {bare(key.name)} ON {name} USING {want['definition']}")
        elif key.prop == "comment" and key.kind == "column":
            at = f"COLUMN {name}.{bare(key.name)}"
            piece.alter(f"COMMENT ON {at} IS {text(piece.schema.expected[key])}")


def _view(word: str) -> Writes:
    return Writes(create=_create, alter=_alter, again=_again, drop=f"DROP {word} {{name}}")


KINDS = (
    Kind(
        name="view", read_by=("views",), space="relation", rights=RIGHTS, tag="OBJECT_VIEW",
        word="VIEW", order=180, whole=True, given=True, writes=_view("VIEW"),
        says={"view_stmt": made_relation("view"), "drop_stmt": gone_relation},
    ),
    Kind(
        name="materialized view", read_by=("views",), space="relation", rights=RIGHTS, tag="OBJECT_MATVIEW",
        holds_rows=True, word="MATERIALIZED VIEW", order=190, whole=True, given=True,
        writes=_view("MATERIALIZED VIEW"),
        says={"create_table_as_stmt": made_as, "drop_stmt": gone_relation},
    ),
)  # fmt: skip
