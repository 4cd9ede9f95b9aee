"""Enums, domains, composite, range and base types."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)

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


def _type(name: str, order: int, tag: str = "OBJECT_TYPE", word: str = "TYPE", *, known: bool = True) -> Kind:
    """``known`` is what statements of landed's make or change."""
    return Kind(
        name=name, read_by=("types",), space="type", acl="type", tag=tag, holds_rows=known,
        word=word, order=order, whole=known, needed=known, given=known,
    )  # fmt: skip


KINDS = (
    _type("enum", 20),
    _type("domain", 30, "OBJECT_DOMAIN", "DOMAIN"),
    _type("composite type", 40),
    _type("range type", 60),
    _type("type", 999, known=False),
)
