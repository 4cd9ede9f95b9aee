"""Names, roles and values of facts as they have to stand in a statement."""

from __future__ import annotations

import re

from landed.core.facts import ObjectKey
from landed.engines.postgres.catalog.names import quoted

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

_WORDS = {
    "foreign table": "FOREIGN TABLE", "materialized view": "MATERIALIZED VIEW", "enum": "TYPE",
    "composite type": "TYPE", "range type": "TYPE", "window function": "FUNCTION",
    "event trigger": "EVENT TRIGGER", "foreign server": "SERVER", "statistics": "STATISTICS",
}  # fmt: skip
_PLAIN = frozenset(
    ("table", "view", "sequence", "schema", "domain", "function", "procedure", "aggregate", "publication",
     "extension", "collation", "type")
)  # fmt: skip
_ON_TABLE = frozenset(("trigger", "policy", "rule", "constraint"))


def bare(name: str) -> str:
    """A name that stands alone, as facts show it: quoted where it is a keyword, too."""
    return f'"{name}"' if name in _RESERVED else name


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


_FIRST = re.compile(r'("(?:[^"]|"")*"|[^".]+)\.(.+)\Z', re.DOTALL)


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


def on_object(obj: ObjectKey, of_domain: bool) -> str | None:
    """An object as COMMENT ON and ALTER … OWNER name it, ``None`` where they do not."""
    kind, parent, name = obj
    if kind in _ON_TABLE:
        on = f"DOMAIN {parent}" if of_domain else parent
        return f"{kind.upper()} {bare(name)} ON {on}"
    if kind == "column":
        return f"COLUMN {parent}.{bare(name)}"
    if kind == "attribute":
        return f"COLUMN {parent}.{bare(name)}"
    if kind == "index":
        return f"INDEX {schema_of(parent)}.{name}"
    if kind in _WORDS or kind in _PLAIN:
        return f"{_WORDS.get(kind, kind.upper())} {name if '.' in name else bare(name)}"
    return None
