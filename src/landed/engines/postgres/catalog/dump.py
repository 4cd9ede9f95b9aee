"""A database's schema as SQL that makes it again: without data, without secrets, in an order that works.

For a shadow's starting state, not for backups: what landed has no facts of is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from landed.engines.postgres.catalog import dump_code, dump_relations
from landed.engines.postgres.catalog.dump_items import (
    Item,
    Key,
    Row,
    dependencies,
    in_order,
    label,
    resolved,
    without,
)
from landed.engines.postgres.catalog.dump_rights import Held, Rights
from landed.engines.postgres.catalog.queries import text
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.session import canonical
from landed.engines.postgres.catalog.snapshot import uncollected

if TYPE_CHECKING:
    import psycopg

_MAIN = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
_ROLES = "SELECT rolname::text, quote_ident(rolname) FROM pg_roles"
_EXPLODED = (
    "(SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END,"
    " g.privilege_type, g.is_grantable)) FROM aclexplode({0}) g)"
)
_BUILTIN = "SELECT " + ", ".join(
    _EXPLODED.format(f"acldefault('{letter}', r.oid)") for letter in ("r", "s", "f", "n", "T", "F", "S")
) + " FROM pg_roles r WHERE r.rolname = %(main)s"  # fmt: skip
_OF_EXTENSIONS = frozenset({"net", "cron"})
"""Schemas that hold nothing but an extension's members; a shadow has stand-ins for these."""
_SUPERUSER = "supabase_admin"
_SECRET = "passw|secret|key|token|credential|sslcert"
_PUBLIC_ROLES = ("anon", "authenticated", "service_role", "postgres")
_OLD_DEFAULTS = {
    "r": ("DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"),
    "S": ("SELECT", "UPDATE", "USAGE"),
    "f": ("EXECUTE",),
}


@dataclass(frozen=True, slots=True)
class _Read:
    main: str
    rows: Mapping[str, list[Row]]
    shown: Mapping[str, str]
    builtin: Mapping[str, Sequence[Sequence[Any]]]
    defaults: Mapping[tuple[str, str], Sequence[Sequence[Any]]]
    depends: Sequence[Sequence[int]]
    same: Mapping[Key, Key]


class Owned:
    """What the user owns of a database, read once; :meth:`sql` leaves out what is asked for."""

    def __init__(self, connection: psycopg.Connection[Any], scope: Scope) -> None:
        inside = f"^(?!({scope.managed[2:-2]})$)"
        self._scope = scope
        self._read = _read(connection, scope, inside, scope.attached, whole=True)

    def sql(self, left_out: Callable[[str], bool] = lambda label: False) -> str:
        """As SQL for an empty database (or a new Supabase project), to be run by the database's owner.

        ``left_out`` says by their labels (see :func:`~landed.engines.postgres.catalog.dump_items.label`, and
        ``column public.orders.region``) which objects not to make; what needs one of these goes, too.
        """
        scope, hosted = self._scope, bool(self._scope.attached)
        columns = self._read.rows["columns"]
        kept = [c for c in columns if not left_out(f"column {c['table']}.{c['name']}".replace('"', ""))]
        read = replace(self._read, rows={**self._read.rows, "columns": kept})
        main = read.main
        shown = {**read.shown, main: "postgres" if hosted else "CURRENT_USER"}
        rights = Rights(main, shown, read.builtin, read.defaults)
        items = _items(read, shown)
        items = without(items, _gone(items, read, left_out, columns, kept))
        used = _roles_of(items, read) - {main}
        lines = [f"{statement};" for statement in _settings()]
        lines += _make_roles(used, shown, scope, hosted=hosted)
        ordered = in_order(items)
        schemas = [item for item in ordered if item.kind == "schema" and item.name != "public"]
        lines += [f"{sql};" for item in schemas for sql in item.sql]
        lines += [f"{sql};" for sql in _default_privileges(read, rights, hosted=hosted)]
        lines += [f"{sql};" for item in ordered if item.kind != "schema" for sql in item.sql]
        lines += _afterwards(ordered, read, rights, shown, hosted=hosted)
        return "\n".join(lines) + "\n"


def dump_owned(connection: psycopg.Connection[Any], scope: Scope) -> str:
    """What the user owns, within a scope, as SQL for an empty database (or a new Supabase project).

    Meant to be run by the database's owner, as ``postgres`` is on Supabase: no statement needs more rights.
    Reads only, in one transaction. Raises the driver's errors.
    """
    return Owned(connection, scope).sql()


def _gone(
    items: Mapping[Key, Item],
    read: _Read,
    left_out: Callable[[str], bool],
    columns: Sequence[Row],
    kept: Sequence[Row],
) -> set[Key]:
    """The items that are not to be made: by their own label, or for want of a column."""
    gone = {key for key, item in items.items() if (name := label(item)) and left_out(name)}
    if len(columns) != len(kept):
        there = {(c["relation"], c["number"]) for c in kept}
        lost = {(c["relation"], c["number"]) for c in columns} - there
        for catalog, oid, _, referred, number in read.depends:
            if (referred, number) in lost:
                gone.add(resolved((catalog, oid), items, read.same))
    return gone


def dump_managed(connection: psycopg.Connection[Any], scope: Scope) -> str:
    """The schemas that the platform manages, as they really are, as SQL for a superuser; no policies.

    What extensions brought is left out, and so are functions' libraries. Reads only, in one transaction.
    """
    inside = f"^({'|'.join(name for name in scope.schemas if name not in _OF_EXTENSIONS)})$"
    read = _read(connection, scope, inside, (), whole=False)
    rights = Rights("(owner)", read.shown, {}, {}, usual=("PUBLIC", *_PUBLIC_ROLES))
    items = _items(read, read.shown)
    ordered = in_order(items)
    lines = [f"{statement};" for statement in _settings()]
    lines += [f"{sql};" for item in ordered for sql in item.sql]
    lines += [f"CREATE PUBLICATION {name};" for name in scope.publications]
    lines += [f"ALTER PUBLICATION {name} OWNER TO {scope.main_role};" for name in scope.publications]
    for item in ordered:
        if item.owner is not None and item.what and not item.follows:
            lines.append(f"ALTER {item.what} {item.name} OWNER TO {read.shown[item.owner]};")
        lines += [f"{sql};" for sql in rights.statements(item, "")]
        lines += _comment(item)
    lines += [f"{sql};" for sql in _all_default_privileges(connection, read.shown)]
    return "\n".join(lines) + "\n"


def _settings() -> list[str]:
    return ["SET check_function_bodies = off", "SET client_min_messages = warning"]


def _read(
    connection: psycopg.Connection[Any], scope: Scope, schemas: str, also_on: Sequence[str], *, whole: bool
) -> _Read:
    from psycopg.rows import dict_row, tuple_row

    arguments: dict[str, Any] = {
        "schemas": schemas,
        "attached": list(scope.attached),
        "also_on": list(also_on),
        "platform_roles": scope.platform_roles,
        "publications": list(scope.publications),
        "whole": whole,
        "secret": _SECRET,
    }
    queries = (*dump_code.QUERIES, *dump_relations.QUERIES)
    with canonical(connection), uncollected():
        # With pg_catalog alone on the search_path every other name comes out with its schema.
        named = connection.cursor(row_factory=tuple_row).execute(_MAIN, prepare=False)
        roles = connection.cursor(row_factory=tuple_row).execute(_ROLES, prepare=False)
        cursors = {
            name: connection.cursor(row_factory=dict_row).execute(
                text(f"dump/{name}"), arguments, prepare=False
            )
            for name in queries
        }
        depends = connection.cursor(row_factory=tuple_row).execute(text("dump/depends"), prepare=False)
        same = connection.cursor(row_factory=tuple_row).execute(text("dump/same"), prepare=False)
        (owner,) = named.fetchone() or ("",)
        main = scope.main_role or owner
        arguments["main"] = main
        builtin = connection.cursor(row_factory=tuple_row).execute(_BUILTIN, arguments, prepare=False)
        defaults = connection.cursor(row_factory=tuple_row).execute(
            text("dump/defaults"), arguments, prepare=False
        )
        own = builtin.fetchone() or ()
        return _Read(
            main,
            {name: list(cursor.fetchall()) for name, cursor in cursors.items()},
            dict(roles.fetchall()),
            {
                letter: acl or ()
                for letter, acl in zip(("r", "S", "f", "n", "T", "F", "s"), own, strict=False)
            },
            {(letter, schema): acl or () for letter, schema, acl in defaults.fetchall()},
            depends.fetchall(),
            {(a, b): (c, d) for a, b, c, d in same.fetchall()},
        )


def _items(read: _Read, shown: Mapping[str, str]) -> dict[Key, Item]:
    items = {item.key: item for item in dump_code.code_items(read.rows, shown)}
    items |= {item.key: item for item in dump_relations.relation_items(read.rows, shown)}
    dependencies(items, read.depends, read.same)
    return items


def _roles_of(items: Mapping[Key, Item], read: _Read) -> set[str]:
    """All roles that the dump names."""
    used = {item.owner for item in items.values() if item.owner}
    lists = [item.acl for item in items.values() if item.acl]
    lists += [column["acl"] for column in read.rows["columns"] if column["acl"]]
    lists += list(read.defaults.values())
    used |= {grantee for acl in lists for grantee, _, _ in acl}
    used |= {role for policy in read.rows["policies"] for role in policy["roles"]}
    used |= {mapping["user"] for mapping in read.rows["mappings"]}
    return used - {""}


def _make_roles(used: set[str], shown: Mapping[str, str], scope: Scope, *, hosted: bool) -> Iterator[str]:
    import re

    platform = re.compile(scope.platform_roles)
    for role in sorted(used):
        if role.startswith("pg_") or platform.match(role) or (hosted and role in _PUBLIC_ROLES):
            continue
        quoted = role.replace("'", "''")
        body = (
            "BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles"
            f" WHERE rolname = '{quoted}') THEN CREATE ROLE {shown[role]} NOLOGIN; END IF; END"
        )
        # A role's name may hold any quotes.
        tag = next(tag for n in itertools.count() if (tag := f"$landed{n or ''}$") not in body)
        yield f"DO {tag} {body} {tag};"


def _default_privileges(read: _Read, rights: Rights, *, hosted: bool) -> Iterator[str]:
    """What new objects get from here on; a Supabase project is taken to have its old ones in public."""
    defaults = dict(read.defaults)
    if hosted:
        for letter in ("r", "S", "f"):
            standard = [(role, p, False) for role in _PUBLIC_ROLES for p in _OLD_DEFAULTS[letter]]
            has = defaults.pop((letter, "public"), ())
            if {(g, p, o) for g, p, o in has if p != "MAINTAIN"} != set(standard):
                word = {"r": "TABLES", "S": "SEQUENCES", "f": "ROUTINES"}[letter]
                yield (
                    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {word} FROM "
                    f"{', '.join(_PUBLIC_ROLES)}"
                )
                yield from rights.default_privileges(letter, "public", has)
    for (letter, schema), acl in sorted(defaults.items()):
        yield from rights.default_privileges(letter, schema, acl)


def _afterwards(
    ordered: Sequence[Item],
    read: _Read,
    rights: Rights,
    shown: Mapping[str, str],
    *,
    hosted: bool,
) -> Iterator[str]:
    """Comments, privileges, and last the owners: who gives a thing away can no longer change it."""
    for item in ordered:
        yield from _comment(item)
    schemas, there = _schemas(read), {item.name for item in ordered if item.acl_kind == "r"}
    for item in ordered:
        born: Held | None = None
        if item.kind == "schema" and item.name == "public":
            born = {item.owner or "": {"CREATE": False, "USAGE": False}, "": {"USAGE": False}}
            if hosted:
                born |= {role: {"USAGE": False} for role in _PUBLIC_ROLES if role != read.main}
                born[read.main] = {"USAGE": False}
            item.owner = None
            born.pop("pg_database_owner", None)
            item.acl = [entry for entry in item.acl or () if entry[0] != "pg_database_owner"]
        yield from (f"{sql};" for sql in rights.statements(item, schemas.get(item.key, ""), born))
    for column in read.rows["columns"]:
        if column["acl"] and column["table"] in there:
            for sql in rights.columns(column["table"], column["name"], column["acl"], column["owner"]):
                yield f"{sql};"
    for item in ordered:
        # What a dashboard made belongs to the superuser there; postgres cannot give it to that role.
        if hosted and item.owner == _SUPERUSER:
            continue
        if item.owner and item.owner != read.main and item.what and not item.follows:
            yield f"ALTER {item.what} {item.name} OWNER TO {shown[item.owner]};"


def _schemas(read: _Read) -> dict[Key, str]:
    return {
        (row["class"], row["oid"]): row["schema"]
        for name in ("relations", "sequences", "functions", "types")
        for row in read.rows[name]
    }


def _comment(item: Item) -> Iterator[str]:
    if item.comment is not None and item.what:
        text = item.comment.replace("'", "''")
        prefix = "E" if "\\" in text else ""
        text = text.replace("\\", "\\\\") if prefix else text
        yield f"COMMENT ON {item.what} {item.name} IS {prefix}'{text}';"


def _all_default_privileges(connection: psycopg.Connection[Any], shown: Mapping[str, str]) -> Iterator[str]:
    """ALTER DEFAULT PRIVILEGES of every role, where schemas are known at a project's birth."""
    words = {"r": "TABLES", "S": "SEQUENCES", "f": "ROUTINES", "n": "SCHEMAS", "T": "TYPES"}
    with canonical(connection):
        rows = connection.execute(
            "SELECT pg_get_userbyid(d.defaclrole)::text, d.defaclobjtype::text, quote_ident(n.nspname),"
            f" {_EXPLODED.format('d.defaclacl')} FROM pg_default_acl d"
            " JOIN pg_namespace n ON n.oid = d.defaclnamespace ORDER BY 1, 3, 2",
            prepare=False,
        ).fetchall()
    for role, letter, schema, acl in rows:
        head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {shown[role]} IN SCHEMA {schema}"
        for grantee, privilege, grantable in acl or ():
            who = shown.get(grantee, "PUBLIC") if grantee else "PUBLIC"
            option = " WITH GRANT OPTION" if grantable else ""
            yield f"{head} GRANT {privilege} ON {words[letter]} TO {who}{option}"
