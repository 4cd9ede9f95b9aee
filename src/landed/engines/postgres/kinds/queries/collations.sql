-- Collations; the version of the library behind one is the server's, not the schema's. The locale's column
-- has another name from PostgreSQL 17 on, and the rules are younger than 15.
SELECT c.oid AS unit, 'collation' AS kind, n.nspname AS schema, NULL AS parent, c.collname AS name,
       'yes' AS exists,
       CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE 'default' END
         AS provider,
       coalesce(j.row ->> 'colllocale', j.row ->> 'colliculocale',
                CASE WHEN c.collcollate = c.collctype THEN c.collcollate
                     ELSE c.collcollate || ', ' || c.collctype END) AS locale,
       j.row ->> 'collicurules' AS rules,
       CASE WHEN NOT c.collisdeterministic THEN 'no' END AS deterministic,
       pg_get_userbyid(c.collowner) AS owner,
       d.description AS comment
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
CROSS JOIN LATERAL (SELECT to_jsonb(c) AS row OFFSET 0) j
LEFT JOIN pg_description d ON d.classoid = 'pg_collation'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_collation'::regclass AND e.objid = c.oid)
