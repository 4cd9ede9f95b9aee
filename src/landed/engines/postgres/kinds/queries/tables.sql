-- Ordinary, partitioned and foreign tables, without their columns.
SELECT c.oid AS unit,
       CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
       n.nspname AS schema, NULL AS parent, c.relname AS name,
       'yes' AS exists,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS "partitioned by",
       CASE WHEN c.relispartition THEN i.parents END AS "partition of",
       pg_get_expr(c.relpartbound, c.oid) AS "partition bound",
       CASE WHEN i.detaching THEN 'yes' END AS "detach pending",
       CASE WHEN NOT c.relispartition THEN i.parents END AS inherits,
       CASE WHEN c.relrowsecurity THEN 'yes' ELSE 'no' END AS "row level security",
       CASE WHEN c.relforcerowsecurity THEN 'yes' END AS "force row level security",
       CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END
         AS "replica identity",
       CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS "of type",
       CASE WHEN a.amname <> 'heap' THEN a.amname END AS "access method",
       s.spcname AS tablespace,
       f.srvname AS server,
       c.reloptions AS options,
       toast.reloptions AS toast,
       ft.ftoptions AS foreign,
       pg_get_userbyid(c.relowner) AS owner,
       c.relacl::text AS acl,
       d.description AS comment
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (
    SELECT inhrelid, string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) AS parents,
           bool_or(inhdetachpending) AS detaching
    FROM pg_inherits
    WHERE inhrelid = ANY (%(units)s) -- only
    GROUP BY inhrelid) i ON i.inhrelid = c.oid
LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
LEFT JOIN pg_foreign_server f ON f.oid = ft.ftserver
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'f')
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  AND c.oid = ANY (%(units)s) -- only
