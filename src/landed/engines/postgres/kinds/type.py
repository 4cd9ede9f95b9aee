"""Enums, domains, composite, range and base types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from landed.core.facts import YES
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Rights,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.column import attribute
from landed.engines.postgres.kinds.naming import bare, listed
from landed.engines.postgres.kinds.said import Claim, Reader, Said, gone_type, made_named, there
from landed.engines.postgres.kinds.writes import Piece, Writes
from landed.engines.postgres.sql.names import quoted

_RIGHTS = Rights("type", "U", "U", on="TYPE", born="T")

READINGS = (
    Reading(
        name="types",
        catalog="pg_type",
        named="type",
        props=(
            THERE,
            *plain("values", "base type", "not null"),
            *expressions("default"),
            *plain("collation", "subtype", "multirange", "operator class", "range collation", "canonical",
                   "subtype difference"),
            *expressions("definition"),
            *plain("defined"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(
            Touch(
                "pg_type", "c.oid",
                when="c.typtype <> 'c' AND c.typinput <> 'array_in'::regproc OR k.relkind = 'c'",
                join="LEFT JOIN pg_class k ON k.oid = c.typrelid AND c.typrelid <> 0",
            ),
            # A multirange type is its range type's.
            Touch(
                "pg_type", "(SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = c.oid)",
                when="c.typtype = 'm'",
            ),
            Touch("pg_enum", "c.enumtypid"),
            Touch("pg_range", "c.rngtypid"),
        ),
        names=True,
    ),
)  # fmt: skip


_LABEL = re.compile(r"E?'(?:[^'\\]|''|\\.)*'")
_OF_RANGES = (
    ("subtype", "SUBTYPE"), ("operator class", "SUBTYPE_OPCLASS"), ("range collation", "COLLATION"),
    ("canonical", "CANONICAL"), ("subtype difference", "SUBTYPE_DIFF"),
    ("multirange", "MULTIRANGE_TYPE_NAME"),
)  # fmt: skip


def _made(piece: Piece, sql: str) -> bool:
    piece.alter(sql)
    piece.takes_all()
    piece.schema.made.add(piece.object.name)
    return True


def _create_enum(piece: Piece) -> bool:
    if not piece.schema.makes_tables:
        return False
    return _made(piece, f"CREATE TYPE {piece.name} AS ENUM ({piece.want.get('values', '')})")


def _alter_enum(piece: Piece) -> None:
    """Its values can be added and renamed, but never taken away or moved."""
    name = piece.name
    if "values" not in piece.todo:
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


def _create_domain(piece: Piece) -> bool:
    """Its constraints are objects of their own."""
    want = piece.want
    if not piece.schema.makes_tables:
        return False
    collation = f" COLLATE {want['collation']}" if "collation" in want else ""
    default = f" DEFAULT {want['default']}" if "default" in want else ""
    needed = " NOT NULL" * (want.get("not null") == YES)
    return _made(piece, f"CREATE DOMAIN {piece.name} AS {want['base type']}{collation}{default}{needed}")


def _alter_domain(piece: Piece) -> None:
    """Another base type would mean another domain."""
    alter = f"ALTER DOMAIN {piece.name} "
    if piece.takes("default"):
        wanted = piece.want.get("default")
        piece.alter(f"{alter}DROP DEFAULT" if wanted is None else f"{alter}SET DEFAULT {wanted}")
    if piece.takes("not null"):
        piece.alter(f"{alter}{'SET' if piece.want.get('not null') == YES else 'DROP'} NOT NULL")


def _create_composite(piece: Piece) -> bool:
    if not piece.schema.makes_tables:
        return False
    parts = []
    for name in listed(piece.want.get("column order", "")):
        obj = piece.object._replace(kind="attribute", parent=piece.object.name, name=name)
        parts.append(f"{bare(name)} {attribute(piece.schema.wanted[obj])}")
    return _made(piece, f"CREATE TYPE {piece.name} AS ({', '.join(parts)})")


def _create_range(piece: Piece) -> bool:
    if not piece.schema.makes_tables:
        return False
    want = piece.want
    want["subtype"]  # of one that is only claimed nothing is known
    parts = [f"{word} = {want[prop]}" for prop, word in _OF_RANGES if prop in want]
    return _made(piece, f"CREATE TYPE {piece.name} AS RANGE ({', '.join(parts)})")


def _create_shell(piece: Piece) -> bool:
    """A base type is made of functions in C; only its name can be."""
    if not piece.schema.makes_tables or piece.want.get("defined") != "no":
        return False
    return _made(piece, f"CREATE TYPE {piece.name}")


def _said_composite(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """CREATE TYPE … AS (…)."""
    name = said.relation(node.typevar)
    yield there(kind, "", name)
    for element in node.coldeflist:
        yield there("attribute", name, quoted(element.column_def.colname))


def _type(
    name: str,
    order: int,
    writes: Writes,
    says: Mapping[str, Reader],
    tag: str = "OBJECT_TYPE",
    word: str = "TYPE",
    *,
    known: bool = True,
) -> Kind:
    """``known`` is what statements of landed's make or change."""
    return Kind(
        name=name, read_by=("types",), space="type", rights=_RIGHTS, tag=tag, holds_rows=known,
        word=word, order=order, whole=known, needed=known, given=known, writes=writes,
        says={**says, "drop_stmt": gone_type},
    )  # fmt: skip


KINDS = (
    _type(
        "enum", 20,
        Writes(create=_create_enum, alter=_alter_enum, rename="ALTER TYPE {name} RENAME TO {to}"),
        {"create_enum_stmt": made_named("type_name")},
    ),
    _type(
        "domain", 30,
        Writes(create=_create_domain, alter=_alter_domain),
        {"create_domain_stmt": made_named("domainname")},
        "OBJECT_DOMAIN", "DOMAIN",
    ),
    _type("composite type", 40, Writes(create=_create_composite), {"composite_type_stmt": _said_composite}),
    _type("range type", 60, Writes(create=_create_range), {"create_range_stmt": made_named("type_name")}),
    _type("type", 15, Writes(create=_create_shell), {}, known=False),
)  # fmt: skip
