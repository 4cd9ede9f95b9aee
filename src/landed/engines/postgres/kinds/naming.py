"""Names, roles and values of facts as they have to stand in a statement."""

from __future__ import annotations

import re
from functools import lru_cache

from landed.engines.postgres.sql.names import quoted

_RESERVED = frozenset(
    ("all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
     "between", "bigint", "binary", "both", "case", "cast", "check", "collate", "collation", "column",
     "concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
     "current_schema", "current_time", "current_timestamp", "current_user", "default", "deferrable",
     "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "freeze",
     "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect", "into",
     "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp",
     "natural", "none", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer",
     "overlaps", "placing", "primary", "references", "returning", "right", "select", "session_user",
     "similar", "some", "symmetric", "system_user", "table", "tablesample", "then", "to", "trailing",
     "true", "union", "unique", "user", "using", "variadic", "verbose", "when", "where", "window", "with")
)  # fmt: skip
"""The keywords that are no column's name without quotes (PostgreSQL manual, appendix "SQL Key Words")."""

_FIRST = re.compile(r'("(?:[^"]|"")*"|[^".]+)\.(.+)\Z', re.DOTALL)
_PART = re.compile(r'"(?:[^"]|"")*"|[^".]+')
_LISTED = re.compile(r'(?:"(?:[^"]|"")*"|[^",])+')


def bare(name: str) -> str:
    """A name that stands alone, as facts show it: quoted where it is a keyword, too."""
    return f'"{name}"' if name in _RESERVED else name


def path(name: str) -> str:
    """A name with its schema, or one that needs none: quoted where it begins with a keyword."""
    first = schema_of(name)
    return f'"{first}"{name[len(first) :]}' if first in _RESERVED else name if first else bare(name)


def role(name: str) -> str:
    """A role as facts show it; the one that owns everything is ``(owner)`` outside Supabase."""
    if name in ("PUBLIC", "public"):
        return "PUBLIC"
    if name == "(owner)":
        return "CURRENT_USER"
    return bare(name if name.startswith('"') else quoted(name))


def text(value: str | None) -> str:
    """A text as a literal, ``NULL`` for none."""
    if value is None:
        return "NULL"
    from landed.engines.postgres.sql.tokens import literal

    return literal(value).strip()


def schema_of(name: str) -> str:
    """The first part of a qualified name, with its quotes."""
    found = _FIRST.match(name)
    return found[1] if found else ""


def unquoted(name: str) -> str:
    """A name without the quotes that facts show it with."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def last_of(name: str) -> tuple[str, str]:
    """``app.orders.id`` → ``("app.orders", "id")``, with their quotes."""
    found = re.match(r'(.*)\.("(?:[^"]|"")*"|[^".]+)\Z', name, re.DOTALL)
    return (found[1], found[2]) if found else ("", name)


@lru_cache(maxsize=8192)
def split_name(shown: str) -> tuple[str, ...]:
    """The parts of a name as facts show it, unquoted; a routine's signature is left out.

    >>> split_name('public."Order"'), split_name('public.f(integer, "X.y")'), split_name('a."b""c".d')
    (('public', 'Order'), ('public', 'f'), ('a', 'b"c', 'd'))
    """
    return tuple(unquoted(part) for part in _PART.findall(called(shown)[0]))


def as_shown(name: str) -> str:
    """A name with its schema, as the server prints it → as facts show it: not quoted for being a keyword."""
    return ".".join(map(quoted, split_name(name)))


def listed(names: str) -> list[str]:
    """``a, "b, c"`` → its members, with their quotes."""
    return [name.strip() for name in _LISTED.findall(names)]


def called(signed: str) -> tuple[str, str]:
    """``app.f(integer)`` → ``("app.f", "(integer)")``; behind the name may be anything or nothing."""
    found = re.match(r'(?:"(?:[^"]|"")*"|[^"(.]+)(?:\.(?:"(?:[^"]|"")*"|[^"(.]+))*', signed)
    end = found.end() if found else 0
    return signed[:end], signed[end:]
