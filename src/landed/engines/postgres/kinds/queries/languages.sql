-- Procedural languages that no extension brought.
SELECT l.oid AS unit, 'language' AS kind, NULL AS schema, NULL AS parent, l.lanname AS name,
       'yes' AS exists,
       CASE WHEN l.lanpltrusted THEN 'yes' ELSE 'no' END AS trusted,
       l.lanplcallfoid::regproc::text AS handler,
       CASE WHEN l.laninline <> 0 THEN l.laninline::regproc::text END AS inline,
       CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::regproc::text END AS validator,
       pg_get_userbyid(l.lanowner) AS owner,
       l.lanacl::text AS acl,
       d.description AS comment
FROM pg_language l
LEFT JOIN pg_description d ON d.classoid = 'pg_language'::regclass AND d.objoid = l.oid AND d.objsubid = 0
WHERE l.lanispl
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_language'::regclass AND e.objid = l.oid)
