-- Publications that no role of the platform owns.
SELECT p.oid AS unit, 'publication' AS kind, NULL AS schema, NULL AS parent, p.pubname AS name,
       'yes' AS exists,
       CASE WHEN p.puballtables THEN 'yes' END AS "all tables",
       concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                 CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)
         AS publish,
       CASE WHEN p.pubviaroot THEN 'yes' END AS "via partition root",
       CASE to_jsonb(p) ->> 'pubgencols' WHEN 's' THEN 'stored' END AS "generated columns",
       CASE WHEN p.pubname <> ALL (%(publications)s) THEN pg_get_userbyid(p.pubowner) END AS owner,
       d.description AS comment
FROM pg_publication p
LEFT JOIN pg_description d ON d.classoid = 'pg_publication'::regclass AND d.objoid = p.oid
                          AND d.objsubid = 0
WHERE (pg_get_userbyid(p.pubowner) !~ %(platform_roles)s OR p.pubname = ANY (%(publications)s))
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_publication'::regclass AND e.objid = p.oid)
