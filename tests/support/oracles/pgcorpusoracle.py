"""Who made what of a Postgres schema, without landed: files run one by one, catalog columns compared.

The oracle for "exactly the migrations that own a fact of this object are named".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

Property = tuple[str, str]
"""(object, property): ``("policy a on public.t", "using")``."""

_CATALOG = """
SELECT 'function ' || p.oid::regprocedure AS object, v.key, v.value
FROM pg_proc p, LATERAL (
  SELECT key, value FROM jsonb_each_text(jsonb_strip_nulls(to_jsonb(p)))
    WHERE key IN ('prosrc', 'provolatile', 'prosecdef', 'proconfig', 'proparallel', 'proisstrict', 'procost')
  UNION ALL SELECT 'grant ' || grantee::regrole || privilege_type, 'yes'
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) WHERE grantee <> 0
  UNION ALL SELECT 'grant public', 'yes'
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) WHERE grantee = 0
  UNION ALL SELECT 'result', pg_get_function_result(p.oid)
  UNION ALL SELECT 'comment', obj_description(p.oid, 'pg_proc')
) AS v
WHERE p.pronamespace = ANY (:schemas) AND p.prokind = 'f' AND NOT :member
UNION ALL
SELECT format('policy %%I on %%s', o.polname, o.polrelid::regclass), v.key, v.value
FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid, LATERAL (VALUES
  ('command', o.polcmd::text), ('permissive', o.polpermissive::text), ('roles', o.polroles::text),
  ('using', pg_get_expr(o.polqual, o.polrelid)), ('check', pg_get_expr(o.polwithcheck, o.polrelid)),
  ('comment', obj_description(o.oid, 'pg_policy'))
) AS v (key, value)
WHERE c.relnamespace = ANY (:schemas)
UNION ALL
SELECT 'index ' || i.indexrelid::regclass, v.key, v.value
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid, LATERAL (VALUES
  ('definition', pg_get_indexdef(i.indexrelid)), ('comment', obj_description(i.indexrelid, 'pg_class'))
) AS v (key, value)
WHERE c.relnamespace = ANY (:schemas)
  AND NOT EXISTS (SELECT FROM pg_constraint x
    WHERE x.conindid = i.indexrelid AND x.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT format('trigger %%I on %%s', t.tgname, t.tgrelid::regclass), v.key, v.value
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid, LATERAL (VALUES
  ('definition', pg_get_triggerdef(t.oid)), ('enabled', t.tgenabled::text),
  ('comment', obj_description(t.oid, 'pg_trigger'))
) AS v (key, value)
WHERE c.relnamespace = ANY (:schemas) AND NOT t.tgisinternal
UNION ALL
SELECT 'table ' || c.oid::regclass, 'row level security', 'yes'
FROM pg_class c WHERE c.relnamespace = ANY (:schemas) AND c.relrowsecurity
"""


class Damage(NamedTuple):
    """What somebody does by hand, and the files that have written what it removes or changes last."""

    sql: str
    owners: frozenset[str]


def properties(connection: psycopg.Connection[Any], platform: list[str]) -> dict[Property, str]:
    """What the catalog says of functions, policies, indexes, triggers and row level security.

    ``platform`` are the schemas that are not the user's.
    """
    of_extension = "d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'"
    member = f"EXISTS (SELECT FROM pg_depend d WHERE {of_extension})"
    names = "(SELECT array_agg(oid) FROM pg_namespace WHERE nspname <> ALL (%(platform)s))::oid[]"
    query = _CATALOG.replace(":schemas", names).replace(":member", member)
    rows = connection.execute(query.encode(), {"platform": platform}).fetchall()
    return {(label, key): value for label, key, value in rows if value is not None}


class Owners:
    """Follows a database file by file."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname <> 'public'").fetchall()
        self._platform = [name for (name,) in rows]
        self.before = properties(connection, self._platform)
        self.writer: dict[Property, str] = dict.fromkeys(self.before, "")

    def ran(self, name: str) -> None:
        """A file has run: what differs now was written by it."""
        after = properties(self._connection, self._platform)
        there = {label for label, _ in self.before}
        for key, value in after.items():
            if self.before.get(key) != value or key[0] not in there:
                self.writer[key] = name
        self.before = after

    def of(self, label: str, only: str | None = None) -> frozenset[str]:
        """The files that last wrote the properties of an object (or one of them) as they are now."""
        return frozenset(
            self.writer[key] for key in self.before if key[0] == label and only in (None, key[1])
        )

    def damages(self, each: int) -> list[Damage]:
        """Up to ``each`` damages of every kind, spread over the schema."""
        kinds: dict[str, list[Damage]] = {}
        for label in sorted({label for label, _ in self.before}):
            kind, _, name = label.partition(" ")
            if kind == "table":
                sql = f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"
                damage = Damage(sql, self.of(label, "row level security"))
            else:
                damage = Damage(f"DROP {label}", self.of(label))
            kinds.setdefault(kind, []).append(damage)
            if kind == "policy" and (label, "using") in self.before:
                altered = Damage(f"ALTER {label} USING (1 = 2)", self.of(label, "using"))
                kinds.setdefault("using", []).append(altered)
        chosen: list[Damage] = []
        for found in kinds.values():
            step = max(1, len(found) // each)
            chosen += found[::step][:each]
        return [damage for damage in chosen if "" not in damage.owners]
