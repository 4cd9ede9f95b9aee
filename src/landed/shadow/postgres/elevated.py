"""Statements that Supabase runs as superuser for its ``postgres``: what a shadow has to do for it, too."""

from __future__ import annotations

import re

ELEVATE = "SELECT pg_catalog.landed_elevate()"
DEMOTE = "SELECT pg_catalog.landed_demote()"
"""Sent before and after such a statement, in the same transaction; both come with the Supabase baseline."""

_SPACE = r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)"
_ELEVATED = re.compile(
    rf"{_SPACE}*+(?:"
    rf"(?:create|alter|drop){_SPACE}++event{_SPACE}++trigger\b"
    rf"|(?:create|alter|drop){_SPACE}++foreign{_SPACE}++data{_SPACE}++wrapper\b"
    rf"|(?:create|alter){_SPACE}++publication\b.*\btables\b"
    rf")",
    re.IGNORECASE | re.DOTALL,
)


def is_elevated(statement: str) -> bool:
    """Whether the platform runs this statement with a superuser's rights (facts: supautils).

    Event triggers, foreign data wrappers, and publications of all tables or of a schema's. What a ``DO``
    block does is not seen here.
    """
    return _ELEVATED.match(statement) is not None
