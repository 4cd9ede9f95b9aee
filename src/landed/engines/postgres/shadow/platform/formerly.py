"""Extensions that Supabase once made every project with: a file that drops one shows that it was there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from landed.core.migration import Migration

if TYPE_CHECKING:
    import psycopg

FORMERLY = {"pg_graphql": "", "pgjwt": " SCHEMA extensions", "pgsodium": ""}
"""With the schema of those that do not choose it themselves; new projects are made without
(supabase/postgres, migrations/db)."""

_CREATES = re.compile(
    rf"\s*create\s+extension\s+(?:if\s+not\s+exists\s+)?\"?({'|'.join(FORMERLY)})\b", re.IGNORECASE
)
_DROPS = re.compile(rf"\s*drop\s+extension\s+\"?({'|'.join(FORMERLY)})\b", re.IGNORECASE)


def dropped_by(migration: Migration) -> list[str]:
    """Those that a file drops without asking whether they are there."""
    if "xtension" not in migration.text.lower():
        return []
    found = (_DROPS.match(statement.text) for statement in migration.statements)
    return list(dict.fromkeys(match[1].lower() for match in found if match))


def was_the_platforms(statement: str) -> bool:
    """Whether a statement that failed made what projects once came with: ``supabase db pull`` wrote it down.

    Whether it is there now was the platform's doing, then and since (supabase/cli#3358), not the file's.
    """
    return _CREATES.match(statement) is not None


def put_back(connection: psycopg.Connection[Any], names: list[str]) -> bool:
    """Make those that are not there, as the role that may drop them; whether there was anything to do."""
    import psycopg

    done = False
    for name in names:
        query = "SELECT FROM pg_catalog.pg_extension WHERE extname = %s"
        if connection.execute(query, (name,), prepare=False).fetchone() is not None:
            continue
        try:
            connection.execute(f"CREATE EXTENSION {name}{FORMERLY[name]}".encode(), prepare=False)
            done = True
        except psycopg.Error:
            continue
    return done
