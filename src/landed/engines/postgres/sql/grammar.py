"""PostgreSQL's own grammar (libpg_query), for texts that nobody vouches for.

Its reader descends once for every level of an expression and has no bound of its own for chains
(``1+1+1+…``): some ten thousand links end the process. Such a text has no tree here, nor has one of a hundred
levels, which protobuf does not read.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from landed.engines.postgres.sql.tokens import scan

DEEPEST = 2_000
"""How many links a chain may have, and how deep it may be nested, all levels together."""
_CHAINS = frozenset({"UNION", "INTERSECT", "EXCEPT", "JOIN"})


def statements_of(sql: str) -> list[Any] | None:
    """The trees of a text's statements (``pg_query.RawStmt``), or ``None`` where they cannot be read."""
    if len(sql) > DEEPEST and too_deep(sql):
        return None
    postgast: Any = import_module("postgast")  # its generated stub files are no valid Python for mypy
    try:
        return list(postgast.parse(sql).stmts)
    except (postgast.PgQueryError, ValueError):
        return None
    except Exception as error:
        # Too many levels for protobuf, whose errors have no base but Exception.
        if type(error).__name__ == "DecodeError":
            return None
        raise


def too_deep(sql: str) -> bool:
    """Whether the tree of a text may have more levels than :data:`DEEPEST`: what stands between two commas
    may be one chain, and chains of queries and joins go on over them."""
    open_levels: list[tuple[int, int]] = []
    links = lasting = deep = 0
    for kind, piece, _ in scan(sql):
        if kind in ("space", "comment"):
            continue
        if piece in ("(", "["):
            open_levels.append((links, lasting))
            deep += links + lasting + 1
            links = lasting = 0
        elif piece in (")", "]"):
            if open_levels:
                links, lasting = open_levels.pop()
                deep -= links + lasting + 1
                links += 1
        elif piece == "," or piece == ";":
            links = 0
            if piece == ";" and not open_levels:
                lasting = 0
        elif kind == "word" and piece.upper() in _CHAINS:
            lasting += 1
        else:
            links += 1
        if deep + links + lasting > DEEPEST:
            return True
    return False
