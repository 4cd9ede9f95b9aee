-- Indexes that no constraint makes.
SELECT 'pg_class'::regclass::oid::int8 AS class, i.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(i.relname) AS name,
       pg_get_indexdef(i.oid) AS sql, quote_ident(n.nspname) AS schema,
       CASE WHEN h.inhparent IS NOT NULL THEN h.inhparent::regclass::text END AS attach_to,
       x.indisreplident AS identity, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, x.indisclustered AS clustered,
       obj_description(i.oid, 'pg_class') AS comment
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_inherits h ON h.inhrelid = i.oid
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e') AND c.relkind IN ('r', 'p', 'm')
AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
