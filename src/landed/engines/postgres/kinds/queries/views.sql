-- Views and materialised views.
SELECT c.oid AS unit,
       CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind,
       n.nspname AS schema, NULL AS parent, c.relname AS name,
       'yes' AS exists,
       pg_get_viewdef(c.oid) AS view,
       CASE WHEN c.relkind = 'm' AND c.relispopulated THEN 'yes' END AS populated,
       CASE WHEN a.amname <> 'heap' THEN a.amname END AS "access method",
       s.spcname AS tablespace,
       c.reloptions AS options,
       toast.reloptions AS toast,
       pg_get_userbyid(c.relowner) AS owner,
       c.relacl::text AS acl,
       d.description AS comment
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind IN ('v', 'm')
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  AND c.oid = ANY (%(units)s) -- only
