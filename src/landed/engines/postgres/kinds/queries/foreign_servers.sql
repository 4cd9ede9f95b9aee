-- Foreign servers that no role of the platform owns.
SELECT s.oid AS unit, 'foreign server' AS kind, NULL AS schema, NULL AS parent, s.srvname AS name,
       'yes' AS exists,
       w.fdwname AS wrapper,
       s.srvtype AS type,
       s.srvversion AS version,
       s.srvoptions AS foreign,
       pg_get_userbyid(s.srvowner) AS owner,
       s.srvacl::text AS acl,
       d.description AS comment
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
LEFT JOIN pg_description d ON d.classoid = 'pg_foreign_server'::regclass AND d.objoid = s.oid
                          AND d.objsubid = 0
WHERE pg_get_userbyid(s.srvowner) !~ %(platform_roles)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_foreign_server'::regclass AND e.objid = s.oid)
