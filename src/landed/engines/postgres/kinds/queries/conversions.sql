-- Encoding conversions.
SELECT c.oid AS unit, 'conversion' AS kind, n.nspname AS schema, NULL AS parent, c.conname AS name,
       'yes' AS exists,
       pg_encoding_to_char(c.conforencoding) || ' to ' || pg_encoding_to_char(c.contoencoding) AS encodings,
       c.conproc::text AS function,
       CASE WHEN c.condefault THEN 'yes' END AS default,
       pg_get_userbyid(c.conowner) AS owner,
       d.description AS comment
FROM pg_conversion c
JOIN pg_namespace n ON n.oid = c.connamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_conversion'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_conversion'::regclass AND e.objid = c.oid)
