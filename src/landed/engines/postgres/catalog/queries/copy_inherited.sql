-- Constraints that a table has from its parent, and names of NOT NULL: no facts, but where they are unusual.
-- With them what their index has of its own.
SELECT k.oid AS unit, 'constraint' AS kind, n.nspname AS schema, c.relname AS parent, k.conname AS name,
       CASE WHEN k.contype <> 'c' THEN 'yes' END AS exists,
       CASE WHEN k.contype <> 'c' THEN pg_get_constraintdef(k.oid) END AS constraint,
       CASE WHEN k.contype <> 'c' THEN CASE WHEN k.convalidated THEN 'yes' ELSE 'no' END END AS validated,
       CASE WHEN k.contype IN ('c', 'n') AND NOT k.conislocal THEN 'yes' END AS "from parent",
       i.inhparent::regclass::text AS "attached to",
       x.reloptions AS options,
       obj_description(x.oid, 'pg_class') AS "index comment",
       obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON k.contype = 'n' AND a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
LEFT JOIN pg_class x ON x.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_inherits i ON i.inhrelid = x.oid
WHERE n.nspname !~ %(managed)s
AND (k.contype = 'c' AND NOT k.conislocal OR k.contype IN ('p', 'u', 'x') AND k.conparentid <> 0
     OR k.contype = 'n' AND k.conname <> c.relname || '_' || a.attname || '_not_null')
