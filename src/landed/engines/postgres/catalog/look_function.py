"""A function in the shadow that looks at what a statement changed, and reads it again, in one call.

The same method as the tracker's, for a session that landed may put a function into: statements are then
sent without waiting for each other's answers. What it cannot tell by itself it leaves to its caller.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from landed.engines.postgres.catalog import touched
from landed.engines.postgres.catalog.queries import NARROW, WHOLE, queries
from landed.engines.postgres.catalog.session import PRINTED

LOST: Final = "lost"
"""The answer when everything has to be read again: another transaction, or a change that is everywhere."""

_RANGED: Final = frozenset(("pg_attribute", "pg_constraint", "pg_proc", "pg_type"))
"""Catalogs with many rows, of which new ones are found by their identifiers while none was updated."""

_SETTINGS: Final = (
    *(
        f"{name} = {value}" if name == "search_path" else f"{name} = '{value}'"
        for name, value in PRINTED.items()
    ),
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
)

_NEW: Final = "pg_catalog.age(c.xmin) <= l_age AND (c.cmin::text::bigint > l_last OR c.xmax::text <> '0')"
_ALL_OF_IT: Final = "c.ctid >= '(0,0)' AND "
"""Reads a catalog from its beginning to its end, which is several times as fast as by way of an index."""
_AT: Final = {name: at for at, name in enumerate(touched.COUNTED, 1)}
_COUNT: Final = len(touched.COUNTED)


def look_function(constants: Mapping[str, str], schema: str) -> tuple[str, str]:
    """The function's qualified name in a schema, and the statement that makes it.

    ``constants`` are the catalog queries' parameters as SQL literals. The name holds a hash of all the
    text, so that a database copied from one in which an older landed made it gets its own.

    Called with ``false`` it returns NULL when nothing has changed since the last call, :data:`LOST`,
    or a JSON object: per query the units read and their rows (``units`` null: read whole); under the name
    of a catalog all identifiers that are left in it; ``roles``, ``comments``, ``heirs``, and as ``blind`` the
    catalogs written to that no kind reads. With ``true`` it
    only notes where things stand. What it remembers ends with the transaction, or goes back with a
    savepoint.
    """
    body = _squeezed(_body(constants))
    settings = " ".join(f"SET {setting}" for setting in _SETTINGS)
    digest = hashlib.sha256(f"{settings}{body}".encode()).hexdigest()[:12]
    name = f"{schema}.landed_look_{digest}"
    return name, (
        f"CREATE OR REPLACE FUNCTION {name}(l_note boolean) RETURNS text LANGUAGE plpgsql SECURITY DEFINER"
        f" {settings} AS $landed${body}$landed$"
    )


def _body(constants: Mapping[str, str]) -> str:
    return "\n".join(
        (
            _BEGINNING,
            *(_other_name(catalog) for catalog in ("pg_extension", *sorted(touched.NAMED_EVERYWHERE))),
            *(_changed(catalog, source) for catalog, source in touched.SOURCES.items()),
            _DEPENDENCIES,
            *(_few(catalog, names) for catalog, names in touched.FEW.items()),
            _COMMENTS,
            *(_left(catalog, source) for catalog, source in touched.SOURCES.items() if source.gone),
            f"IF {_differs('pg_inherits', 2)} THEN l_out := l_out || '\"heirs\":true,'; END IF;",
            _ROLES,
            _BLIND,
            *(_read(name, constants) for name in (*NARROW, *WHOLE)),
            _END,
        )
    )


def _differs(catalog: str, kind: int) -> str:
    """Whether rows of a catalog were inserted (0), updated (1) or deleted (2)."""
    at = _AT[catalog] + kind * _COUNT
    return f"l_now[{at}] <> l_before[{at}]"


def _written(catalog: str) -> str:
    return "(" + " OR ".join(_differs(catalog, kind) for kind in range(3)) + ")"


def _any(catalogs: Iterable[str], kinds: Iterable[int]) -> str:
    return "(" + " OR ".join(_differs(catalog, kind) for catalog in catalogs for kind in kinds) + ")"


_STATE: Final = (
    "PERFORM set_config('landed.look', l_last || '|' || l_mark || '|' || l_top || '|' || l_now::text, true);"
)

_COUNTERS: Final = ", ".join(
    f"pg_stat_get_xact_tuples_{kind}('{catalog}'::regclass)"
    for kind in ("inserted", "updated", "deleted")
    for catalog in touched.COUNTED
)

_BEGINNING: Final = f"""
#variable_conflict use_variable
DECLARE
  l_state text[] := string_to_array(current_setting('landed.look', true), '|');
  l_now bigint[]; l_before bigint[]; l_last bigint; l_top oid; l_age integer; l_mark text; l_seen bigint;
  l_names text[] := '{{}}'; l_units oid[] := '{{}}'; l_whole text[] := '{{}}'; l_only oid[];
  l_q text[]; l_u oid[]; l_c bigint; l_n bigint; l_other bigint; l_json json; l_out text := '';
BEGIN
  l_now := ARRAY[{_COUNTERS}];
  IF l_state[4] IS NULL THEN
    l_last := -1;
    l_mark := coalesce(pg_current_xact_id_if_assigned(), pg_snapshot_xmax(pg_current_snapshot()))::xid::text;
    l_top := greatest((SELECT max(oid) FROM pg_class), (SELECT max(oid) FROM pg_type),
                      (SELECT max(oid) FROM pg_proc), (SELECT max(oid) FROM pg_constraint));
    {_STATE}
    RETURN CASE WHEN NOT l_note THEN '{LOST}' END;
  END IF;
  l_before := l_state[4]::bigint[];
  IF l_now = l_before THEN
    RETURN NULL;
  END IF;
  l_last := l_state[1]; l_mark := l_state[2]; l_top := l_state[3];
  IF l_note THEN
    {_STATE}
    RETURN NULL;
  END IF;
  l_age := age(l_mark::xid); l_seen := l_last;
  IF {_differs("pg_extension", 2)} THEN
    {_STATE}
    RETURN '{LOST}';
  END IF;
"""


def _other_name(catalog: str) -> str:
    """An older row of a catalog has changed, and what it names may stand in anybody's text."""
    return f"""
  IF {_differs(catalog, 1)} THEN
    IF EXISTS (SELECT FROM {catalog} c WHERE c.oid <= l_top AND {_NEW}) THEN
      {_STATE}
      RETURN '{LOST}';
    END IF;
  END IF;"""


def _changed(catalog: str, source: touched.Source) -> str:
    """The units that a catalog's new row versions belong to."""
    units = ", ".join(f"({query}, ({unit})::oid)" for query, unit in source.units)

    def reading(condition: str) -> str:
        return f"""
    SELECT coalesce(array_agg(w.query) FILTER (WHERE w.query IS NOT NULL AND w.unit IS NOT NULL), '{{}}'),
           coalesce(array_agg(w.unit) FILTER (WHERE w.query IS NOT NULL AND w.unit IS NOT NULL), '{{}}'),
           max(c.cmin::text::bigint), count(*) / {len(source.units)}
      INTO l_q, l_u, l_c, l_n
      FROM {catalog} c {source.join} CROSS JOIN LATERAL (VALUES {units}) AS w (query, unit)
      WHERE {condition}{_NEW};"""

    told = "l_names := l_names || l_q; l_units := l_units || l_u; l_seen := greatest(l_seen, l_c);"
    if catalog not in _RANGED:
        new = f"{_differs(catalog, 0)} OR {_differs(catalog, 1)}"
        return f"IF {new} THEN {reading(_ALL_OF_IT)} {told} END IF;"
    column = "c.attrelid" if catalog == "pg_attribute" else "c.oid"
    narrow = reading(f"{column} > l_top AND ")
    if catalog == "pg_attribute":
        # A column's table has a new version, too: it counts its columns.
        narrow += f"""
    {told} l_other := l_n; l_only := l_units;
    {reading("c.attrelid = ANY (l_only) AND c.attrelid <= l_top AND ")}
    l_n := l_n + l_other;"""
    at = _AT[catalog]
    return f"""
  IF {_differs(catalog, 0)} OR {_differs(catalog, 1)} THEN
    l_n := -1;
    IF NOT ({_differs(catalog, 1)}) THEN {narrow} {told} END IF;
    IF l_n < l_now[{at}] - l_before[{at}] THEN {reading(_ALL_OF_IT)} {told} END IF;
  END IF;"""


def _few(catalog: str, names: Iterable[str]) -> str:
    return f"IF {_written(catalog)} THEN l_whole := l_whole || '{{{','.join(names)}}}'::text[]; END IF;"


def _left(catalog: str, source: touched.Source) -> str:
    return (
        f"IF {_differs(catalog, 2)} THEN l_out := l_out || '\"{catalog}\":'"
        f" || array_to_json(ARRAY(SELECT oid::bigint FROM {catalog} WHERE oid >= 16384)) || ','; END IF;"
    )


_ALL_BUT_DEPENDENCIES: Final = [name for name in touched.KNOWN if name != "pg_depend"]

_DEPENDENCIES: Final = f"""
  IF {_written("pg_depend")} AND NOT {_any(_ALL_BUT_DEPENDENCIES, (0, 1, 2))} THEN
    SELECT count(*) FILTER (WHERE k.relkind = 'S' AND c.refclassid = 'pg_class'::regclass), count(*),
           max(c.cmin::text::bigint), coalesce(array_agg(c.objid), '{{}}')
      INTO l_n, l_other, l_c, l_u
      FROM pg_depend c LEFT JOIN pg_class k ON c.classid = 'pg_class'::regclass AND k.oid = c.objid
      WHERE {_NEW};
    l_last := greatest(l_last, l_c);
    IF l_n = 0 OR l_n <> l_other OR l_n < l_now[{_AT["pg_depend"] + 2 * _COUNT}] - l_before[{_AT["pg_depend"] + 2 * _COUNT}] THEN
      {_STATE}
      RETURN '{LOST}';
    END IF;
    l_names := l_names || array_fill('sequences'::text, ARRAY[cardinality(l_u)]); l_units := l_units || l_u;
  END IF;
"""  # noqa: E501
# ALTER SEQUENCE … OWNED BY leaves nothing but a dependency; whatever else does is not looked into.

_QUERY_OF: Final = (
    "CASE WHEN c.classid = 'pg_class'::regclass AND c.objsubid > 0 THEN 'columns'"
    f" WHEN c.classid = 'pg_class'::regclass THEN {touched.KINDS.format('k')} "
    + " ".join(
        f"WHEN c.classid = '{catalog}'::regclass THEN '{names[0]}'"
        for catalog, names in touched.COMMENTED.items()
    )
    + " ELSE '*' END"
)
_COMMENTS: Final = f"""
  IF {_differs("pg_description", 0)} OR {_differs("pg_description", 1)} THEN
    SELECT json_agg(json_build_array(c.classoid::regclass::text, c.objoid::bigint, c.objsubid)),
           coalesce(array_agg({_QUERY_OF.replace("classid", "classoid")}), '{{}}'),
           coalesce(array_agg(c.objoid), '{{}}'), max(c.cmin::text::bigint)
      INTO l_json, l_q, l_u, l_c
      FROM (SELECT classoid, objoid, objsubid, cmin, xmin, xmax FROM pg_description WHERE objoid >= 16384
            UNION ALL
            SELECT classoid, objoid, objsubid, cmin, xmin, xmax FROM pg_description
            WHERE objoid IN (SELECT oid FROM pg_namespace WHERE oid < 16384)
              AND classoid = 'pg_namespace'::regclass) c
        LEFT JOIN pg_class k ON c.classoid = 'pg_class'::regclass AND k.oid = c.objoid
      WHERE {_NEW};
    IF l_json IS NOT NULL THEN
      l_names := l_names || l_q; l_units := l_units || l_u; l_seen := greatest(l_seen, l_c);
      IF 'constraints' = ANY (l_q) THEN
        l_names := l_names || array_fill('domain_constraints'::text, ARRAY[cardinality(l_u)]);
        l_units := l_units || l_u;
      END IF;
      IF '*' = ANY (l_q) THEN l_whole := '{{{",".join(WHOLE)}}}'; END IF;
      l_out := l_out || '"commented":' || l_json::text || ',';
    END IF;
  END IF;
  IF {_differs("pg_description", 2)} THEN
    SELECT json_agg(json_build_array(classoid::regclass::text, objoid::bigint, objsubid)) INTO l_json
      FROM pg_description WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass;
    l_out := l_out || '"comments":' || coalesce(l_json::text, '[]') || ',';
  END IF;
"""

_ROLES: Final = f"""
  IF {_differs("pg_authid", 1)} THEN
    SELECT json_object_agg(oid, rolname) INTO l_json FROM pg_roles;
    l_out := l_out || '"roles":' || l_json::text || ',';
  END IF;
"""


_FIRST_BLIND: Final = len(touched.KNOWN) + 1
_BLIND_NAMES: Final = ", ".join(f"'{name}'" for name in touched.BLIND)
_BLIND: Final = f"""
  IF {" OR ".join(f"l_now[{at}:{at + len(touched.BLIND) - 1}] <> l_before[{at}:{at + len(touched.BLIND) - 1}]" for at in range(_FIRST_BLIND, 3 * _COUNT, _COUNT))} THEN
    SELECT json_agg(b.name) INTO l_json FROM unnest(ARRAY[{_BLIND_NAMES}]) WITH ORDINALITY AS b (name, at)
      WHERE EXISTS (SELECT FROM generate_series(0, 2) k
                    WHERE l_now[{_FIRST_BLIND - 1} + b.at + k * {_COUNT}] <> l_before[{_FIRST_BLIND - 1} + b.at + k * {_COUNT}]);
    l_out := l_out || '"blind":' || l_json::text || ',';
  END IF;
  IF pg_my_temp_schema() <> 0 THEN l_out := l_out || '"temporary":true,'; END IF;
"""  # noqa: E501


def _read(name: str, constants: Mapping[str, str]) -> str:
    query = queries()[name]
    rows = f"SELECT json_agg(row_to_json(q)) INTO l_json FROM ({_filled(query.narrowed or query.full, constants)}) q;"  # noqa: E501
    if query.narrowed is None:
        return f"""
  IF '{name}' = ANY (l_whole) THEN
    {rows}
    l_out := l_out || '"{name}":{{"units":null,"rows":' || coalesce(l_json::text, '[]') || '}},';
  END IF;"""
    also = ""
    if name == "constraints":
        # Known only if it was not valid before; then its row is another version now.
        also = f" OR x.q = '{touched.NOT_NULL}' AND {_differs('pg_constraint', 1)}"
    wanted = f"'{name}' = ANY (l_names)"
    if also:
        wanted = f"({wanted} OR '{touched.NOT_NULL}' = ANY (l_names) AND {_differs('pg_constraint', 1)})"
    return f"""
  IF {wanted} THEN
    l_only := ARRAY(SELECT DISTINCT x.u FROM unnest(l_names, l_units) AS x (q, u) WHERE x.q = '{name}'{also});
    {rows}
    l_out := l_out || '"{name}":{{"units":' || array_to_json(l_only::bigint[])
                   || ',"rows":' || coalesce(l_json::text, '[]') || '}},';
  END IF;"""


_END: Final = f"""
  l_last := l_seen;
  l_top := greatest(l_top, (SELECT max(u) FROM unnest(l_units) u));
  {_STATE}
  RETURN '{{' || rtrim(l_out, ',') || '}}';
END
"""


def _filled(sql: str, constants: Mapping[str, str]) -> str:
    return re.sub(r"%\((\w+)\)s", lambda m: "l_only" if m[1] == "units" else constants[m[1]], sql)


def _squeezed(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
