-- Publications.
SELECT 'pg_publication'::regclass::oid::int8 AS class, p.oid::int8 AS oid, quote_ident(p.pubname) AS name, NULL AS schema, pg_get_userbyid(p.pubowner) AS owner, obj_description(p.oid, 'pg_publication') AS comment, p.pubname = ANY (%(publications)s) AS born,
       p.puballtables AS everything, p.pubviaroot AS root,
       concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
 CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS publish
FROM pg_publication p
WHERE %(whole)s AND (pg_get_userbyid(p.pubowner) !~ %(platform_roles)s OR p.pubname = ANY (%(publications)s))
AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_publication'::regclass AND x.objid = p.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
