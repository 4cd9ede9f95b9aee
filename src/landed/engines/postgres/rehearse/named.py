"""How statements and values of Postgres are shown."""

from __future__ import annotations


def head(sql: str) -> str:
    """The beginning of a statement in one line."""
    text = " ".join(sql.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def shown(value: str | None) -> str:
    """A value as a short literal."""
    if value is None:
        return "NULL"
    return f"'{value}'" if len(value) <= 40 else f"'{value[:39]}…'"
