"""Roles belong to a whole server: what a replay does to them is undone, and such a replay goes alone.

Their state is written down on the server before the first change, so that the next replay puts it back when
this one was killed. What a history made of them is kept with the template of its last state, and is there
again, under the same identifiers, while a replay goes on from that. On a server that the user named nothing
is put back but roles that the replay made.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from landed.core.migration import Migration
from landed.engines.postgres.shadow.server.roles_made import STATE, strayed
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.tokens import quote

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.shadow.server.databases import Scratch

_LOCK: Final = 0x6C616E6465  # "lande"
_MARK: Final = "landed: roles before a replay "

_IN_CODE: Final = re.compile(
    r"\b(?:create|alter|drop)\s+(?:role|user|group|database|tablespace|system)\b(?!\s+mapping)", re.IGNORECASE
)

_KEPT: Final = """
SELECT pg_catalog.json_build_object(
  'depends', (SELECT json_agg(to_jsonb(d)) FROM pg_catalog.pg_shdepend d
              WHERE d.dbid = o.oid AND d.refclassid = 'pg_authid'::regclass
              AND d.refobjid <> ALL (%(known)s::oid[])),
  'here', (SELECT json_agg(to_jsonb(s)) FROM pg_catalog.pg_db_role_setting s
           WHERE s.setdatabase = o.oid))::text
FROM pg_catalog.pg_database o WHERE o.datname = %(database)s
"""
"""What a database has to do with roles that its history made: no longer known once they are gone."""

_COLUMNS: Final = (
    "rolname", "rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication",
    "rolbypassrls", "rolconnlimit", "rolpassword", "rolvaliduntil",
)  # fmt: skip


def touches_roles(migrations: Iterable[Migration]) -> bool:
    """Whether files change what all databases of a server share: roles, memberships, their settings."""
    return any(
        found.cluster_wide or (found.dynamic and _IN_CODE.search(statement.text) is not None)
        for migration in migrations
        for statement in migration.statements
        for found in [head_of(statement)]
    )


def share(scratch: Scratch) -> None:
    """Keep the server's roles as they are until :func:`unshare`: whoever changes them waits.

    What a replay that was killed left of them is put back before.
    """
    import psycopg

    if scratch.admin is None:
        return
    # A server that has just crashed comes back without this session; so does everybody else.
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            scratch.admin.execute("SELECT pg_catalog.pg_advisory_lock_shared(%s)", (_LOCK,), prepare=False)
            if scratch.server.shared or (_written_down(scratch.admin) is None and not strayed(scratch.admin)):
                return
            unshare(scratch)
            RolesRestored(scratch).close()


def unshare(scratch: Scratch) -> None:
    """Let others change the server's roles; nothing where the connection is gone, and the lock with it."""
    import psycopg

    if scratch.admin is not None:
        with contextlib.suppress(psycopg.Error):
            scratch.admin.execute("SELECT pg_catalog.pg_advisory_unlock_shared(%s)", (_LOCK,), prepare=False)


def _written_down(connection: psycopg.Connection[Any]) -> Any:
    row = connection.execute(
        "SELECT description FROM pg_catalog.pg_shdescription"
        " WHERE classoid = 'pg_authid'::regclass AND objoid = 10",
        prepare=False,
    ).fetchone()
    return json.loads(row[0][len(_MARK) :]) if row and row[0].startswith(_MARK) else None


class RolesRestored:
    """From its making to :meth:`close`, the server's roles are this replay's alone.

    ``kept`` is the :attr:`kept` of the replay that this one goes on from. Roles of the target that the
    server lacks (``scratch.server.lacking``) are there, too.
    """

    def __init__(self, scratch: Scratch, kept: str | None = None) -> None:
        self._scratch = scratch
        self._made: frozenset[str] = frozenset()
        self._own = not scratch.server.shared
        self.kept: str | None = None
        """After the end: what the history made of the roles, for whoever goes on from its last state."""
        unshare(scratch)
        self._guard = scratch.server.connect(scratch.server.admin)
        # Its own database: where an advisory lock is taken decides whom it keeps out.
        self._guard.execute("SELECT pg_catalog.pg_advisory_lock(%s)", (_LOCK,), prepare=False)
        left = (_written_down(self._guard) or strayed(self._guard)) if self._own else None
        if left is not None:
            self._put_back(self._guard, left)
        row = self._guard.execute(STATE, prepare=False).fetchone()
        assert row is not None
        self._before = json.loads(row[0])
        if self._own:
            self._write_down(row[0])
            if kept is not None:
                self._bring_back(json.loads(kept))
            self._make_lacking()

    def close(self) -> None:
        """Put the roles back as they were, and let others on."""
        import psycopg

        try:
            if self._own:
                self.kept = self._state()
                self._put_back(self._guard, self._before)
                with contextlib.suppress(self._errors()):
                    self._guard.execute("ALTER SYSTEM RESET ALL")
            else:
                self._drop_made()
        except psycopg.OperationalError:
            pass  # the server has crashed meanwhile: the next replay finds written down what was before
        finally:
            self._guard.close()

    def _write_down(self, state: str | None) -> None:
        from psycopg.sql import SQL, Identifier, Literal

        comment = Literal(None if state is None else _MARK + state)
        role = Identifier(self._scratch.server.superuser)
        self._guard.execute(SQL("COMMENT ON ROLE {} IS {}").format(role, comment))

    def _state(self) -> str | None:
        """What :attr:`kept` is to be, as long as the database is there."""
        known = [role["oid"] for role in self._before["roles"] or ()]
        row = self._guard.execute(STATE, prepare=False).fetchone()
        given = {"known": known, "database": self._scratch.name}
        here = self._guard.execute(_KEPT, given, prepare=False).fetchone()
        return None if row is None or here is None else json.dumps(json.loads(row[0]) | json.loads(here[0]))

    def _bring_back(self, kept: Any) -> None:
        """The roles as the history left them; the database is a copy of the one that it left."""
        self._put_back(self._guard, kept, done=False)
        given = {"depends": json.dumps(kept["depends"] or []), "here": json.dumps(kept["here"] or []),
                 "database": self._scratch.name}  # fmt: skip
        columns = "s.classid, s.objid, s.objsubid, s.refclassid, s.refobjid, s.deptype"
        with self._guard.transaction(), self._guard.pipeline():
            for sql in (
                "SET LOCAL allow_system_table_mods = on",
                f"INSERT INTO pg_catalog.pg_shdepend SELECT o.oid, {columns} FROM pg_catalog.pg_database o,"
                " jsonb_populate_recordset(NULL::pg_catalog.pg_shdepend, %(depends)s::jsonb) s"
                " WHERE o.datname = %(database)s",
                "INSERT INTO pg_catalog.pg_db_role_setting SELECT o.oid, s.setrole, s.setconfig"
                " FROM pg_catalog.pg_database o,"
                " jsonb_populate_recordset(NULL::pg_catalog.pg_db_role_setting, %(here)s::jsonb) s"
                " WHERE o.datname = %(database)s",
            ):
                self._guard.execute(sql.encode(), given, prepare=False)

    def _make_lacking(self) -> None:
        """Roles that the target has, and no file makes: bare ones, of which user SQL may make use."""
        from psycopg.sql import SQL, Identifier

        server = self._scratch.server
        found = self._guard.execute("SELECT rolname FROM pg_catalog.pg_authid", prepare=False).fetchall()
        for name in sorted(set(server.lacking) - {name for (name,) in found}):
            self._guard.execute(SQL("CREATE ROLE {}").format(Identifier(name)))
            if server.role != server.superuser:
                grant = SQL("GRANT {} TO {} WITH ADMIN OPTION")
                self._guard.execute(grant.format(Identifier(name), Identifier(server.role)))

    def _put_back(self, connection: psycopg.Connection[Any], state: Any, done: bool = True) -> None:
        """Whatever depended on roles that go lies in databases that are, or will be, dropped.

        With ``done`` nothing is written down any more.
        """
        given = {"roles": json.dumps(state["roles"] or []), "members": json.dumps(state["members"] or []),
                 "settings": json.dumps(state["settings"] or [])}  # fmt: skip
        roles = "jsonb_populate_recordset(NULL::pg_authid, %(roles)s::jsonb)"
        members = "jsonb_populate_recordset(NULL::pg_auth_members, %(members)s::jsonb)"
        settings = "jsonb_populate_recordset(NULL::pg_db_role_setting, %(settings)s::jsonb)"
        made = f"oid NOT IN (SELECT oid FROM {roles}) AND rolname !~ '^pg_'"
        with connection.transaction(), connection.pipeline():
            for sql in (
                "SET LOCAL search_path = pg_catalog",
                "SET LOCAL allow_system_table_mods = on",
                "DELETE FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass"
                f" AND refobjid IN (SELECT oid FROM pg_authid WHERE {made})",
                "DELETE FROM pg_auth_members m WHERE NOT EXISTS"
                f" (SELECT FROM {members} s WHERE to_jsonb(s) = to_jsonb(m))",
                "DELETE FROM pg_db_role_setting s WHERE setdatabase = 0 OR setrole IN"
                f" (SELECT oid FROM pg_authid WHERE {made})",
                f"DELETE FROM pg_authid WHERE {made}",
                f"UPDATE pg_authid a SET {', '.join(f'{c} = s.{c}' for c in _COLUMNS)} FROM {roles} s"
                " WHERE s.oid = a.oid AND to_jsonb(s) <> to_jsonb(a)",
                f"INSERT INTO pg_authid SELECT * FROM {roles} s"
                " WHERE NOT EXISTS (SELECT FROM pg_authid a WHERE a.oid = s.oid)",
                f"INSERT INTO pg_auth_members SELECT * FROM {members} s WHERE NOT EXISTS"
                " (SELECT FROM pg_auth_members m WHERE to_jsonb(s) = to_jsonb(m))",
                f"INSERT INTO pg_db_role_setting SELECT * FROM {settings}",
                "DELETE FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass"
                f" AND ({done} AND objoid = 10 OR objoid NOT IN (SELECT oid FROM pg_authid))",
            ):
                connection.execute(sql.encode(), given, prepare=False)

    def _drop_made(self) -> None:
        """On somebody else's server: only new roles whose names are in the files replayed."""
        known = {role["oid"] for role in self._before["roles"] or ()}
        rows = self._guard.execute(
            "SELECT oid, rolname FROM pg_catalog.pg_authid WHERE rolname !~ '^pg_'", prepare=False
        ).fetchall()
        with self._scratch.connect() as admin:
            for oid, name in rows:
                if oid not in known and name in self._made:
                    with contextlib.suppress(self._errors()):
                        admin.execute(f"DROP OWNED BY {quote(name)} CASCADE".encode())
                        admin.execute(f"DROP ROLE {quote(name)}".encode())

    def note(self, migration: Migration) -> None:
        """Take down the names that a file may give to roles."""
        self._made |= _words(migration.text)

    def _errors(self) -> type[Exception]:
        import psycopg

        return psycopg.Error


def _words(text: str) -> frozenset[str]:
    found: set[str] = set()
    for quoted, bare in re.findall(r'"((?:[^"]|"")+)"|([A-Za-z_][\w$]*)', text):
        found.add(quoted.replace('""', '"') if quoted else bare.lower())
    return frozenset(found)
