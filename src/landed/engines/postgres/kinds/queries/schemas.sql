-- Schemas that the user owns. The schema public belongs to pg_database_owner wherever it is fresh.
SELECT n.oid AS unit, 'schema' AS kind, NULL AS schema, NULL AS parent, n.nspname AS name,
       'yes' AS exists,
       pg_get_userbyid(n.nspowner) AS owner,
       n.nspacl::text AS acl,
       d.description AS comment
FROM pg_namespace n
LEFT JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_namespace'::regclass AND e.objid = n.oid)
  AND n.oid = ANY (%(units)s) -- only
