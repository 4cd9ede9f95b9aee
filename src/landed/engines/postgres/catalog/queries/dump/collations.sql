-- Collations.
SELECT 'pg_collation'::regclass::oid::int8 AS class, c.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.collname) AS name, quote_ident(n.nspname) AS schema, pg_get_userbyid(c.collowner) AS owner, obj_description(c.oid, 'pg_collation') AS comment,
       CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END AS provider,
       quote_literal(coalesce(to_jsonb(c) ->> 'colliculocale', to_jsonb(c) ->> 'colllocale')) AS locale,
       quote_literal(c.collcollate) AS collate, quote_literal(c.collctype) AS ctype,
       c.collisdeterministic AS deterministic, quote_literal(to_jsonb(c) ->> 'collicurules') AS rules
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_collation'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
