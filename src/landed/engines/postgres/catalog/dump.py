"""A database's schema as SQL that makes it again: without data, without secrets, in an order that works.

For a shadow's starting state, not for backups: every kind is made as it is brought back, from its facts, and
what landed has no facts of is left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.facts import EXISTS, YES, FactKey, ObjectKey
from landed.engines.postgres.catalog import copy_rights, restore_rights
from landed.engines.postgres.catalog.copy_parts import Copied, copied
from landed.engines.postgres.catalog.copy_read import read
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.snapshot import parameters, uncollected
from landed.engines.postgres.kinds import KINDS, READINGS
from landed.engines.postgres.kinds.naming import bare, listed, role, schema_of, text, unquoted
from landed.engines.postgres.kinds.server import OF_SERVER
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.supabase.profile import ADMIN, API_ROLES, MAIN_ROLE

if TYPE_CHECKING:
    import psycopg

_OF_EXTENSIONS = frozenset({"net", "cron"})
"""Schemas that hold nothing but an extension's members; a shadow has stand-ins for these."""
_PUBLIC_ROLES = (*API_ROLES, MAIN_ROLE)
_OLD_DEFAULTS = {
    "table": ("DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"),
    "sequence": ("SELECT", "UPDATE", "USAGE"),
    "function": ("EXECUTE",),
}
_PUBLISHED = "insert, update, delete, truncate"
_PUBLIC = ObjectKey("schema", "", "public")
_OF_EXTENSION = (EXISTS, "in schema", "version")
_PLPGSQL = ObjectKey("extension", "", "plpgsql")
_CALLED = re.compile(r' EXECUTE FUNCTION ("(?:[^"]|"")*"|[^".(]+)\.')


class Made(NamedTuple):
    """The SQL of a copy, and the facts that it does not make."""

    sql: str
    left: tuple[FactKey, ...]


class Owned:
    """What the user owns of a database, read once; :meth:`made` leaves out what is asked for."""

    def __init__(self, connection: psycopg.Connection[Any], scope: Scope) -> None:
        self._scope = scope
        major = connection.info.server_version // 10000
        arguments = {**parameters(scope, major), "not_null_names": True}
        self._read = read(connection, scope, arguments, _COPIED)
        self._maintain = min(scope.floor or major, major) >= 17

    def made(self, left_out: Callable[[str], bool] = lambda label: False) -> Made:
        """As SQL for an empty database (or a new Supabase project), to be run by the database's owner.

        ``left_out`` says by their labels (see :func:`label_of`) which objects not to make; what needs one of
        these goes, too.
        """
        with uncollected():
            return self._made(left_out)

    def _made(self, left_out: Callable[[str], bool]) -> Made:
        hosted, main = bool(self._scope.attached), self._read.main
        facts = {key: value for key, value in self._read.facts.items() if _is_mine(key, main)}
        start = self._start(facts)
        copy = copied(replace(self._read, facts=facts), start, lambda obj: left_out(label_of(obj)))
        schemas = [part for part in copy.parts if part.objects and part.objects[0].kind == "schema"]
        objects = {obj for part in copy.parts for obj in part.objects}
        lines = [*_SETTINGS, *self._roles(copy, objects)]
        lines += [sql for part in schemas for sql in part.sql]
        defaults, unknown = copy_rights.set_defaults(facts, start, main)
        lines += defaults
        lines += [sql for part in copy.parts if part not in schemas for sql in part.sql]
        born = copy_rights.born_with(objects, facts, main)
        if _PUBLIC.fact(EXISTS) in facts:
            objects.add(_PUBLIC)
            born |= {key: value for key, value in start.items() if key.kind == "grant on schema"}
        lines += copy_rights.grants(objects, facts, born, main)
        # Last: who gives a thing away can no longer change it.
        lines += [sql for obj, sql in copy.owners if not (hosted and _owner(facts, obj) == ADMIN)]
        others = self._read.facts.keys() - facts.keys()
        return Made(_script(lines), tuple(sorted({*copy.left, *unknown, *others})))

    def sql(self, left_out: Callable[[str], bool] = lambda label: False) -> str:
        """The SQL alone."""
        return self.made(left_out).sql

    def _start(self, facts: Mapping[FactKey, str]) -> dict[FactKey, str]:
        """What is there before: a Supabase project is taken to have its old default privileges in public."""
        scope, main = self._scope, self._read.main
        start = {
            key: value for key, value in facts.items() if key.object == ObjectKey("extension", "", "plpgsql")
        }
        if (there := _PUBLIC.fact(EXISTS)) in facts:
            start |= {there: YES, _PUBLIC.fact("comment"): "standard public schema"}
            grantees = ["PUBLIC", *(r for r in _PUBLIC_ROLES if scope.attached)]
            for grantee in grantees:
                start[FactKey("grant on schema", "public", f"(USAGE to {grantee})", EXISTS)] = YES
            if owner := facts.get(_PUBLIC.fact("owner")):
                start[_PUBLIC.fact("owner")] = owner
        for name in scope.publications:
            publication = ObjectKey("publication", "", quoted(name))
            if publication.fact(EXISTS) in facts:
                start |= {publication.fact(EXISTS): YES, publication.fact("publish"): _PUBLISHED}
        if scope.attached:
            for what, privileges in _OLD_DEFAULTS.items():
                more = ("MAINTAIN",) if what == "table" and self._maintain else ()
                for privilege, grantee in itertools.product((*privileges, *more), _PUBLIC_ROLES):
                    name = f"({privilege} on {what}s to {grantee})"
                    start[FactKey("default privileges", f"{main} in schema public", name, EXISTS)] = YES
        return start

    def _roles(self, copy: Copied, objects: Iterable[ObjectKey]) -> Iterator[str]:
        """Those that the copy names and that a shadow may lack."""
        targets = {copy_rights.target_of(obj) for obj in objects}
        platform = re.compile(self._scope.platform_roles)
        for shown in sorted({name for name in _roles_of(copy.facts, targets) if name != self._read.main}):
            name = unquoted(shown)
            if (
                name.startswith("pg_")
                or platform.match(name)
                or (self._scope.attached and name in _PUBLIC_ROLES)
            ):
                continue
            body = (
                "BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles"
                f" WHERE rolname = {text(name)}) THEN CREATE ROLE {role(shown)} NOLOGIN; END IF; END"
            )
            # A role's name may hold any quotes.
            tag = next(tag for n in itertools.count() if (tag := f"$landed{n or ''}$") not in body)
            yield f"DO {tag} {body} {tag}"


def dump_owned(connection: psycopg.Connection[Any], scope: Scope) -> str:
    """What the user owns, within a scope, as SQL for an empty database (or a new Supabase project).

    Meant to be run by the database's owner, as ``postgres`` is on Supabase: no statement needs more rights.
    Reads only, in one transaction. Raises the driver's errors.
    """
    return Owned(connection, scope).sql()


def dump_managed(connection: psycopg.Connection[Any], scope: Scope) -> str:
    """The schemas that the platform manages, as they really are, as SQL for a superuser; no policies.

    What extensions brought is left out, and so are functions' libraries. Reads only, in one transaction.
    """
    outside = f"^(?!({'|'.join(name for name in scope.schemas if name not in _OF_EXTENSIONS)})$)"
    arguments = {**parameters(scope, 0), "managed": outside, "attached": [], "not_null_names": True}
    everything = replace(scope, main_role=None, acting=None)
    found = read(connection, everything, arguments, _COPIED, nobody=True)
    copy = copied(found, {}, lambda obj: _is_the_users(obj, found.facts))
    lines = [*_SETTINGS, *(sql for part in copy.parts for sql in part.sql)]
    for name in scope.publications:
        lines += [f"CREATE PUBLICATION {name}", f"ALTER PUBLICATION {name} OWNER TO {scope.main_role}"]
    lines += [sql for _, sql in copy.owners]
    objects = [obj for part in copy.parts for obj in part.objects]
    for obj in objects:
        if obj.kind == "schema":
            roles = [name for name in ("PUBLIC", *_PUBLIC_ROLES) if name != _owner(copy.facts, obj)]
            lines.append(f"REVOKE ALL ON SCHEMA {bare(obj.name)} FROM {', '.join(roles)}")
    lines += copy_rights.grants(objects, copy.facts, {}, "")
    always = {**arguments, "managed": "^$", "platform_roles": "^$"}
    defaults = read(connection, everything, always, ["default_privileges"], nobody=True)
    lines += copy_rights.all_defaults(defaults.facts)
    return _script(lines)


_COPIED = tuple(name for name in READINGS if name not in OF_SERVER)

_SETTINGS = ("SET check_function_bodies = off", "SET client_min_messages = warning")


def _script(lines: Iterable[str]) -> str:
    return "".join(f"{line};\n" for line in lines)


def _owner(facts: Mapping[FactKey, str], obj: ObjectKey) -> str | None:
    return facts.get(obj.fact("owner"))


def _is_mine(key: FactKey, main: str) -> bool:
    """What other roles' objects are born with is for them to say."""
    return not copy_rights.is_default(key) or key.parent.partition(" in schema ")[0] == main


def _is_the_users(obj: ObjectKey, facts: Mapping[FactKey, str]) -> bool:
    """What a user has on the platform's tables, where triggers call what lies elsewhere, or in no schema."""
    if obj.kind == "trigger":
        called = _CALLED.search(facts.get(obj.fact("definition"), ""))
        return called is None or called[1] != schema_of(obj.parent)
    if obj.kind == "policy":
        return True
    return obj.kind != "schema" and (obj.name.startswith("(") or not schema_of(obj.parent or obj.name))


def _roles_of(facts: Mapping[FactKey, str], targets: set[tuple[str, str]]) -> Iterator[str]:
    for key, value in facts.items():
        if key.prop == "owner":
            yield quoted(value)
        elif key.kind == "policy" and key.prop == "roles":
            yield from (name for name in listed(value) if name != "public")
        elif key.kind == "user mapping" and key.name != "public":
            yield key.name
        elif restore_rights.is_right(key) and (
            copy_rights.is_default(key) or (key.kind.partition(" on ")[2], key.parent) in targets
        ):
            found = restore_rights.HOLDING.match(key.name)
            if found is not None and found[3] != "PUBLIC":
                yield found[3]


def label_of(obj: ObjectKey) -> str:
    """A name to tell an object by, without quotes: ``relation public.orders``, ``type public.mood``,
    ``function public.f(integer)``, ``policy public.orders.own``, ``column public.orders.id``; ``""`` for what
    has none."""
    kind = KINDS.get(obj.kind)
    if kind is None or not (kind.space or kind.on == "table"):
        return ""
    # An index shares its names with whatever lies in its table's schema.
    within = schema_of(obj.parent) if kind.space else obj.parent
    name = f"{within}.{obj.name}" if within else obj.name
    return f"{kind.space or kind.name} {name}".replace('"', "")
