"""How the roles of a new server are, written down on it: who comes next must not meet what a file made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg


_AS_MADE: Final = "landed: roles as made "

STATE: Final = """
SELECT pg_catalog.json_build_object(
  'roles', (SELECT json_agg(to_jsonb(a)) FROM pg_catalog.pg_authid a WHERE rolname !~ '^pg_'),
  'members', (SELECT json_agg(to_jsonb(m)) FROM pg_catalog.pg_auth_members m),
  'settings', (SELECT json_agg(to_jsonb(s)) FROM pg_catalog.pg_db_role_setting s WHERE setdatabase = 0))::text
"""


def write_down_as_made(admin: psycopg.Connection[Any]) -> None:
    """Note how a new server's roles are, in the database that it is administered from.

    A file can change roles in ways that its text does not show; who comes next must not meet them.
    """
    from psycopg.sql import SQL, Identifier, Literal

    row = admin.execute(STATE, prepare=False).fetchone()
    assert row is not None
    admin.execute(
        SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(admin.info.dbname), Literal(_AS_MADE + row[0]))
    )


def strayed(admin: psycopg.Connection[Any]) -> Any:
    """The roles as they were made, if they are otherwise now; ``None`` where they are so."""
    row = admin.execute(
        f"SELECT ({STATE}), (SELECT description FROM pg_catalog.pg_shdescription d"
        " JOIN pg_catalog.pg_database b ON b.oid = d.objoid AND d.classoid = 'pg_database'::regclass"
        " WHERE b.datname = current_database())",
        prepare=False,
    ).fetchone()
    if row is None or not (row[1] or "").startswith(_AS_MADE):
        return None
    made = json.loads(row[1][len(_AS_MADE) :])
    return None if _comparable(json.loads(row[0])) == _comparable(made) else made


def _comparable(state: Any) -> dict[str, list[str]]:
    return {
        key: sorted(json.dumps(each, sort_keys=True) for each in rows or ()) for key, rows in state.items()
    }
