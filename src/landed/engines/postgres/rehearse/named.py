"""What a Postgres statement names, and how it is shown."""

from __future__ import annotations

from landed.engines.postgres.sql.tokens import scan, string_value


def identifiers(sql: str, depth: int = 3) -> frozenset[str]:
    """The names and key words of a statement, folded; also those inside the bodies that it has."""
    found: set[str] = set()
    for kind, text, _ in scan(sql):
        if kind == "word":
            found.add(text.lower())
        elif kind == "quoted":
            found.add(text.strip('"').replace('""', '"'))
        elif kind in ("dollar", "string") and depth:
            body = string_value(text)
            if body != text:
                found |= identifiers(body, depth - 1)
    return frozenset(found)


def head(sql: str) -> str:
    """The beginning of a statement in one line."""
    text = " ".join(sql.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def shown(value: str | None) -> str:
    """A value as a short literal."""
    if value is None:
        return "NULL"
    return f"'{value}'" if len(value) <= 40 else f"'{value[:39]}…'"
