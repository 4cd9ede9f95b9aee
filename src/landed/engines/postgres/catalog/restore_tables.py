"""Tables, constraints and indexes: the statements that bring their properties back."""

from __future__ import annotations

import re
from collections.abc import Callable

from landed.core.facts import EXISTS, YES, ObjectKey
from landed.engines.postgres.catalog.restore_names import bare, schema_of, text
from landed.engines.postgres.catalog.restore_objects import Piece, Props, column_definition

_PARAMETER = re.compile(r"(?:toast\.)?[a-z][a-z0-9_]*\Z")
_TABLE = frozenset(
    ("persistence", "tablespace", "server", "owner", "comment", "inherits", EXISTS, "partition of")
)


def table(piece: Piece) -> None:
    """A table's own properties; its columns and constraints are objects of their own."""
    name, want = piece.object.name, piece.want
    if piece.obj_gone:
        return
    if piece.missing and not _made(piece):
        return
    alter = f"ALTER TABLE {name} "
    if name in piece.schema.made and want.get("row level security") != YES:
        piece.takes("row level security")
    if piece.takes("row level security"):
        on = want.get("row level security") == YES
        piece.alter(f"{alter}{'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")
    if piece.takes("force row level security"):
        piece.alter(f"{alter}{'' if 'force row level security' in want else 'NO '}FORCE ROW LEVEL SECURITY")
    if piece.takes("persistence"):
        piece.alter(f"{alter}SET {'UNLOGGED' if 'persistence' in want else 'LOGGED'}")
    if "replica identity" in piece.todo:
        _replica_identity(piece, alter)
    if piece.takes("tablespace"):
        piece.alter(f"{alter}SET TABLESPACE {bare(want.get('tablespace', 'pg_default'))}")
    if "inherits" in piece.todo and piece.object.kind == "table":
        _inherits(piece, alter)
    if piece.todo & {"partition of", "partition bound"}:
        _partition(piece)
    parameters(piece, alter)
    foreign_options(piece, f"ALTER FOREIGN TABLE {name} ")


_OTHERWISE = frozenset(
    ("partition of", "partitioned by", "inherits", "of type", "server", "access method", "tablespace")
)


def _made(piece: Piece) -> bool:
    """Make a plain table with its columns, where that is asked for."""
    name, want = piece.object.name, piece.want
    order = want.get("column order", "")
    if not piece.schema.makes_tables or piece.object.kind != "table" or _OTHERWISE & want.keys():
        return False
    columns = [(c, piece.schema.wanted.get(ObjectKey("column", name, c))) for c in order.split(", ") if c]
    if any(props is None for _, props in columns):
        return False
    piece.schema.made.add(name)
    listed = ",\n  ".join(f"{bare(c)} {column_definition(props)}" for c, props in columns if props)
    unlogged = "UNLOGGED " if "persistence" in want else ""
    piece.alter(f"CREATE {unlogged}TABLE {name} (\n  {listed}\n)" if listed else f"CREATE TABLE {name} ()")
    piece.takes(EXISTS, "column order", "persistence")
    return True


def foreign_options(piece: Piece, alter: str) -> None:
    """OPTIONS of foreign objects; what may be a secret is known by its hash only, so it cannot be set."""
    for prop in sorted(p for p in piece.todo if p.startswith("option ")):
        name, wanted = prop.removeprefix("option "), piece.want.get(prop)
        if wanted is not None and wanted.startswith("sha256:"):
            continue
        piece.takes(prop)
        verb = "DROP" if wanted is None else "SET" if prop in piece.have else "ADD"
        piece.alter(f"{alter}OPTIONS ({verb} {bare(name)}{'' if wanted is None else ' ' + text(wanted)})")


def server(piece: Piece) -> None:
    """The options of a foreign server or wrapper."""
    word = "SERVER" if piece.object.kind == "foreign server" else "FOREIGN DATA WRAPPER"
    if not (piece.obj_gone or piece.missing):
        foreign_options(piece, f"ALTER {word} {bare(piece.object.name)} ")


def _replica_identity(piece: Piece, alter: str) -> None:
    wanted = piece.want.get("replica identity")
    if wanted == "index":
        using = [
            key.name
            for key in piece.schema.parts.get(piece.object.name, ())
            if key.prop == "replica identity" and key.kind in ("index", "constraint")
        ]
        if len(using) != 1:
            return
        piece.alter(f"{alter}REPLICA IDENTITY USING INDEX {bare(using[0])}")
    else:
        piece.alter(f"{alter}REPLICA IDENTITY {(wanted or 'default').upper()}")
    piece.takes("replica identity")


def _inherits(piece: Piece, alter: str) -> None:
    wanted = piece.want.get("inherits", "").split(", ")
    seen = piece.have.get("inherits", "").split(", ")
    piece.takes("inherits")
    for parent in seen:
        if parent and parent not in wanted:
            piece.alter(f"{alter}NO INHERIT {parent}")
    for parent in wanted:
        if parent and parent not in seen:
            piece.alter(f"{alter}INHERIT {parent}")


def _partition(piece: Piece) -> None:
    name = piece.object.name
    for parent in filter(None, (piece.have.get("partition of"), piece.want.get("partition of"))):
        above = piece.schema.pieces.get(piece.object._replace(name=parent))
        if above is not None and "partitioned by" in above.todo:
            return
    if was := piece.have.get("partition of"):
        piece.alter(f"ALTER TABLE {was} DETACH PARTITION {name}")
    if of := piece.want.get("partition of"):
        piece.alter(f"ALTER TABLE {of} ATTACH PARTITION {name} {piece.want['partition bound']}")
    piece.takes("partition of", "partition bound")


def parameters(piece: Piece, alter: str) -> None:
    """Storage parameters and the like: ``SET (…)`` and ``RESET (…)``."""
    options = sorted(p for p in piece.todo if p not in _TABLE and _PARAMETER.match(p) and p not in _FIXED)
    for option in options:
        piece.takes(option)
        value = piece.want.get(option)
        piece.alter(
            f"{alter}RESET ({option})" if value is None else f"{alter}SET ({option} = {_value(value)})"
        )


_FIXED = frozenset(("definition", "unique", "valid", "ready", "clustered", "validated", "deferrable",
                    "enforced", "triggers", "enabled", "columns", "defined"))  # fmt: skip


def _value(value: str) -> str:
    if re.fullmatch(r"[\w.+-]+", value):
        return value
    return text(value)


def constraint(piece: Piece) -> None:
    """A table's constraint, or a domain's."""
    _, parent, name = piece.object
    domain = piece.schema.is_domain(parent)
    alter = f"ALTER {'DOMAIN' if domain else 'TABLE'} {parent} "
    want = piece.want
    if piece.obj_gone:
        piece.takes_all()
        piece.todo.clear()
        piece.alter(f"{alter}DROP CONSTRAINT {bare(name)}")
        return
    added = f"ADD CONSTRAINT {bare(name)} {_definition(want)}"
    foreign = want.get("definition", "").startswith("FOREIGN KEY")
    if piece.missing:
        piece.takes_all()
        piece.alter(f"{alter}{added}")
        return
    if piece.todo == {"validated"} and want.get("validated") == YES:
        piece.takes("validated")
        piece.alter(f"{alter}VALIDATE CONSTRAINT {bare(name)}")
        return
    if foreign and piece.todo & {"deferrable", "initially deferred"} and "definition" not in piece.todo:
        piece.takes("deferrable", "initially deferred")
        piece.alter(f"{alter}ALTER CONSTRAINT {bare(name)} {_deferrable(want)}")
    whole = {"definition", "validated", "no inherit", "deferrable", "initially deferred", "enforced"}
    if piece.todo & whole:
        piece.takes(*whole)
        piece.anew = True
        if domain:
            piece.alter(f"{alter}DROP CONSTRAINT {bare(name)}")
            piece.alter(f"{alter}{added}")
        else:
            piece.alter(f"{alter}DROP CONSTRAINT {bare(name)}, {added}")
    if not domain:
        _clustered(piece, alter)
        parameters(piece, f"ALTER INDEX {schema_of(parent)}.{name} ")


def _deferrable(want: Props) -> str:
    words = "DEFERRABLE" if "deferrable" in want else "NOT DEFERRABLE"
    return words + (" INITIALLY DEFERRED" if "initially deferred" in want else "")


def _definition(want: Props) -> str:
    words = [want.get("definition", "")]
    words += [p.upper() for p in ("no inherit", "deferrable", "initially deferred") if p in want]
    if want.get("enforced") == "no":
        words.append("NOT ENFORCED")
    elif want.get("validated") == "no":
        words.append("NOT VALID")
    return " ".join(words)


def index(piece: Piece) -> None:
    """An index that is no constraint's."""
    _, parent, name = piece.object
    own = f"{schema_of(parent)}.{name}"
    want = piece.want
    if piece.obj_gone:
        piece.todo.clear()
        piece.alter(f"DROP INDEX {own}")
        return
    if piece.missing or piece.todo & {"definition", "unique"}:
        if not piece.missing:
            piece.alter(f"DROP INDEX {own}")
        piece.anew = True
        unique = "UNIQUE " if want.get("unique") == YES else ""
        piece.alter(f"CREATE {unique}INDEX {bare(name)} ON {parent} USING {want['definition']}")
        made = {EXISTS, "definition", "unique", "valid", "ready"}
        again = set(want) - made - {"comment", "owner", "replica identity", "clustered", "attached to"}
        piece.takes(*made)
        piece.todo |= again
    _clustered(piece, f"ALTER TABLE {parent} ")
    if "attached to" in piece.todo and "attached to" in want:
        of = piece.schema.pieces.get(piece.object._replace(kind="table", parent="", name=parent))
        piece.takes("attached to")
        if of is None or "partition of" not in of.did:
            piece.alter(f"ALTER INDEX {want['attached to']} ATTACH PARTITION {own}")
    if piece.takes("valid", "ready"):
        piece.alter(f"REINDEX INDEX {own}")
    if "statistics target" in piece.todo:
        return
    parameters(piece, f"ALTER INDEX {own} ")


def _clustered(piece: Piece, alter: str) -> None:
    if piece.takes("clustered"):
        on = "clustered" in piece.want
        piece.alter(f"{alter}CLUSTER ON {bare(piece.object.name)}" if on else f"{alter}SET WITHOUT CLUSTER")
    if "replica identity" in piece.todo:
        # The table's own property says by which index.
        of = piece.schema.pieces.get(piece.object._replace(kind="table", parent="", name=piece.object.parent))
        if of is not None and "replica identity" in of.did:
            piece.takes("replica identity")


HANDLERS: dict[str, Callable[[Piece], None]] = {
    "table": table,
    "foreign table": table,
    "constraint": constraint,
    "index": index,
    "foreign server": server,
    "foreign data wrapper": server,
}
