-- Foreign data wrappers that no role of the platform owns.
SELECT w.oid AS unit, 'foreign data wrapper' AS kind, NULL AS schema, NULL AS parent, w.fdwname AS name,
       'yes' AS exists,
       CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END AS handler,
       CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::regproc::text END AS validator,
       w.fdwoptions AS foreign,
       pg_get_userbyid(w.fdwowner) AS owner,
       w.fdwacl::text AS acl,
       d.description AS comment
FROM pg_foreign_data_wrapper w
LEFT JOIN pg_description d ON d.classoid = 'pg_foreign_data_wrapper'::regclass AND d.objoid = w.oid
                          AND d.objsubid = 0
WHERE pg_get_userbyid(w.fdwowner) !~ %(platform_roles)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_foreign_data_wrapper'::regclass AND e.objid = w.oid)
