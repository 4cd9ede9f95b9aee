"""Extensions that Supabase once made every project with: a file that drops one shows that it was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.core.migration import Migration
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.tree import named
from landed.engines.postgres.supabase.profile import FORMERLY

if TYPE_CHECKING:
    import psycopg


def dropped_by(migration: Migration) -> list[str]:
    """Those that a file drops without asking whether they are there."""
    if "xtension" not in migration.text.lower():
        return []
    return list(dict.fromkeys(name for s in migration.statements for name in _dropped(head_of(s))))


def _dropped(head: Head) -> list[str]:
    if not head.begins("DROP", "EXTENSION") or head.tree is None or head.tree.node.missing_ok:
        return []
    names = [name for each in head.tree.node.objects for name in named(each)]
    return [name for name in names if name in FORMERLY]


def was_the_platforms(head: Head) -> bool:
    """Whether a statement that failed made what projects once came with: ``supabase db pull`` wrote it down.

    Whether it is there now was the platform's doing, then and since (supabase/cli#3358), not the file's.
    """
    if not head.begins("CREATE", "EXTENSION") or head.tree is None:
        return False
    return head.tree.node.extname in FORMERLY


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
