-- Access methods that users made (16384 is the first identifier that is not the system's own).
SELECT a.oid AS unit, 'access method' AS kind, NULL AS schema, NULL AS parent, a.amname AS name,
       'yes' AS exists,
       CASE a.amtype WHEN 't' THEN 'table' ELSE 'index' END AS type,
       a.amhandler::regproc::text AS handler,
       d.description AS comment
FROM pg_am a
LEFT JOIN pg_description d ON d.classoid = 'pg_am'::regclass AND d.objoid = a.oid AND d.objsubid = 0
WHERE a.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_am'::regclass AND e.objid = a.oid)
