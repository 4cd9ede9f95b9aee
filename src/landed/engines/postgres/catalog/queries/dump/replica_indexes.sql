-- Indexes that identify rows for replication.
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, quote_ident(i.relname) AS index, i.oid::int8 AS index_oid
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e') AND x.indisreplident
