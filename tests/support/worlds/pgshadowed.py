"""Everything of ``pg_catalog`` that landed could mean, made again in ``public`` by somebody else, with a mark.

Functions with the catalog's own arguments and with closer ones, operators between all types that catalogs have,
views that are called like catalogs, domains that are called like types.
"""

# ruff: noqa: E501  (statements stand on one line)

from __future__ import annotations

import re
from pathlib import Path

import landed

SOURCE = Path(landed.__file__).parent

TYPES = [
    "name",
    "text",
    "oid",
    "int4",
    "int8",
    "int2",
    "char",
    "bool",
    "jsonb",
    "text[]",
    "name[]",
    "oid[]",
    "int2[]",
    "regclass",
    "timestamptz",
    "float8",
    "xid8",
]
OPERATORS = ["=", "<>", "<", ">", "<=", ">=", "||", "~", "!~", "~~", "!~~", "+", "-", "/", "%", "->", "@>"]
DOMAINS = "text name oid int4 int8 int2 bool jsonb regclass regtype float8 timestamptz interval xid8 numeric varchar char"
CLOSER = ("text", "name", "oid", "int4", "text[]", "oid[]", "int4[]")


def words() -> list[str]:
    """The names in landed's own sources that stand before a parenthesis, and those of catalogs."""
    found: set[str] = set()
    for path in SOURCE.rglob("*"):
        if path.suffix in (".py", ".sql"):
            found.update(re.findall(r"\b([a-z][a-z0-9_]+)\s*\(", path.read_text(encoding="utf-8")))
    return sorted(found)


def catalogs() -> list[str]:
    """The names of catalogs and of their views in landed's own sources."""
    found: set[str] = set()
    for path in SOURCE.rglob("*"):
        if path.suffix in (".py", ".sql"):
            found.update(re.findall(r"\bpg_[a-z_]+\b", path.read_text(encoding="utf-8")))
    return sorted(found)


def _typed(name: str) -> str:
    array = name.endswith("[]")
    plain = name.removesuffix("[]")
    return f'pg_catalog."{plain}"' + ("[]" if array else "")


def shadowing() -> list[str]:
    """Statements for the stranger, who may create in public and has ``evil.mark()``."""
    names = ", ".join(f"'{word}'" for word in words())
    relations = ", ".join(f"'{word}'" for word in catalogs())
    closer = ", ".join(f"'{_typed(t)}'" for t in CLOSER)
    types = ", ".join(f"'{_typed(t)}'" for t in TYPES)
    operators = ", ".join(f"'{o}'" for o in OPERATORS)
    return [
        "SET search_path = pg_catalog, pg_temp",
        # As the catalog has them: they count where public stands before it.
        f"""DO $do$
        DECLARE f record; ret text; made int := 0;
        BEGIN
          FOR f IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS args, p.prorettype, p.proretset,
                   pg_get_function_result(p.oid) AS result
                   FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a', 'w')
                   AND p.proname = ANY (ARRAY[{names}]) LOOP
            BEGIN
              EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN PERFORM evil.mark();'
                             ' RETURN NULL; END$f$', f.proname, regexp_replace(f.args, 'ORDER BY.*', ''),
                             CASE WHEN f.proretset THEN f.result ELSE format_type(f.prorettype, NULL) END);
              made := made + 1;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
          END LOOP;
          ASSERT made > 100, made;
        END$do$""",
        # Closer than the catalog's: they count wherever public is on the path.
        f"""DO $do$
        DECLARE f record; a text; b text; made int := 0;
        BEGIN
          FOR f IN SELECT DISTINCT p.proname, p.pronargs, p.provariadic <> 0 AS more FROM pg_proc p
                   WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (ARRAY[{names}])
                   AND p.pronargs BETWEEN 1 AND 2 LOOP
            FOREACH a IN ARRAY ARRAY[{closer}] LOOP
              BEGIN
                EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS $f$BEGIN PERFORM'
                               ' evil.mark(); RETURN NULL; END$f$', f.proname, a);
                made := made + 1;
              EXCEPTION WHEN OTHERS THEN NULL;
              END;
              IF f.more OR f.pronargs = 2 THEN
                FOREACH b IN ARRAY ARRAY['pg_catalog.text', 'pg_catalog.int4'] LOOP
                  BEGIN
                    EXECUTE format('CREATE FUNCTION public.%I(%s, %s) RETURNS text LANGUAGE plpgsql AS $f$BEGIN PERFORM'
                                   ' evil.mark(); RETURN NULL; END$f$', f.proname, a, b);
                    made := made + 1;
                  EXCEPTION WHEN OTHERS THEN NULL;
                  END;
                END LOOP;
              END IF;
            END LOOP;
          END LOOP;
          ASSERT made > 500, made;
        END$do$""",
        f"""DO $do$
        DECLARE a text; b text; o text; n int := 0; made int := 0;
        BEGIN
          FOREACH a IN ARRAY ARRAY[{types}] LOOP
            FOREACH b IN ARRAY ARRAY[{types}] LOOP
              n := n + 1;
              EXECUTE format('CREATE FUNCTION evil.op%s(%s, %s) RETURNS bool LANGUAGE plpgsql AS $f$BEGIN PERFORM'
                             ' evil.mark(); RETURN NULL; END$f$', n, a, b);
              FOREACH o IN ARRAY ARRAY[{operators}] LOOP
                EXECUTE format('CREATE OPERATOR public.%s (leftarg = %s, rightarg = %s, function = evil.op%s)', o, a, b, n);
                made := made + 1;
              END LOOP;
            END LOOP;
          END LOOP;
          ASSERT made > 4000, made;
        END$do$""",
        f"""DO $do$
        DECLARE r text; made int := 0;
        BEGIN
          FOREACH r IN ARRAY ARRAY[{relations}] LOOP
            BEGIN
              EXECUTE format('CREATE VIEW public.%I AS SELECT * FROM pg_catalog.%I WHERE evil.mark() = 2', r, r);
              made := made + 1;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
          END LOOP;
          ASSERT made > 20, made;
        END$do$""",
        *(
            f'CREATE DOMAIN public."{name}" AS pg_catalog."{name}" CHECK (evil.mark() = 2)'
            for name in DOMAINS.split()
        ),
    ]
