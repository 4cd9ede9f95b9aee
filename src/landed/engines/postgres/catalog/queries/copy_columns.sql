-- Columns by number, whether they are the table's own, and where their default stands.
SELECT a.attrelid::int8, a.attnum, n.nspname::text, c.relname::text, a.attname::text, a.attislocal, d.oid::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ %(managed)s
