"""Enums, domains, extensions: the statements that bring their properties back."""

from __future__ import annotations

import re
from collections.abc import Callable

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.catalog.restore_names import bare
from landed.engines.postgres.catalog.restore_objects import Piece

_LABEL = re.compile(r"E?'(?:[^'\\]|''|\\.)*'")


def enum(piece: Piece) -> None:
    """An enum's values: they can be added and renamed, but never taken away or moved."""
    name = piece.object.name
    if piece.missing and piece.schema.makes_tables:
        piece.takes_all()
        piece.alter(f"CREATE TYPE {name} AS ENUM ({piece.want.get('values', '')})")
        return
    if "values" not in piece.todo or piece.obj_gone or piece.missing:
        return
    wanted = _LABEL.findall(piece.want.get("values", ""))
    seen = _LABEL.findall(piece.have.get("values", ""))
    surplus = [value for value in seen if value not in wanted]
    lacking = [value for value in wanted if value not in seen]
    if [v for v in wanted if v in seen] != [v for v in seen if v in wanted]:
        return
    if not surplus:
        piece.takes("values")
        for value in lacking:
            at = wanted.index(value)
            place = f" AFTER {wanted[at - 1]}" if at else f" BEFORE {seen[0]}" if seen else ""
            piece.alter(f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {value}{place}")
    elif len(surplus) == len(lacking) and [seen.index(v) for v in surplus] == [
        wanted.index(v) for v in lacking
    ]:
        piece.takes("values")
        for old, new in zip(surplus, lacking, strict=True):
            piece.alter(f"ALTER TYPE {name} RENAME VALUE {old} TO {new}")
    elif not lacking:
        known = list(wanted)
        for value in surplus:
            at = seen.index(value)
            place = f" AFTER {seen[at - 1]}" if at else f" BEFORE {known[0]}" if known else ""
            known.append(value)
            piece.instead.append(f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {value}{place}")
        piece.cautions.append("PostgreSQL cannot take a value of an enum away")


def domain(piece: Piece) -> None:
    """A domain's default and NOT NULL; another base type would mean another domain."""
    if piece.missing or piece.obj_gone:
        return
    alter = f"ALTER DOMAIN {piece.object.name} "
    if piece.takes("default"):
        wanted = piece.want.get("default")
        piece.alter(f"{alter}DROP DEFAULT" if wanted is None else f"{alter}SET DEFAULT {wanted}")
    if piece.takes("not null"):
        piece.alter(f"{alter}{'SET' if piece.want.get('not null') == YES else 'DROP'} NOT NULL")


def extension(piece: Piece) -> None:
    """An extension and its schema; which versions there are to go to, only the server knows."""
    name, want = bare(piece.object.name), piece.want
    if piece.obj_gone:
        return
    if piece.missing:
        piece.takes_all()
        inside = f" SCHEMA {bare(want['in schema'])}" if "in schema" in want else ""
        piece.alter(f"CREATE EXTENSION IF NOT EXISTS {name}{inside}")
        return
    if piece.takes("in schema"):
        piece.alter(f"ALTER EXTENSION {name} SET SCHEMA {bare(want['in schema'])}")


def schema(piece: Piece) -> None:
    """A schema that is missing."""
    if piece.missing:
        piece.takes(EXISTS)
        piece.alter(f"CREATE SCHEMA {bare(piece.object.name)}")


HANDLERS: dict[str, Callable[[Piece], None]] = {
    "enum": enum,
    "domain": domain,
    "extension": extension,
    "schema": schema,
}
