-- Indexes. One that belongs to a constraint is described by it, and only its own properties are told
-- here, as properties of the constraint.
SELECT i.indexrelid AS unit,
       CASE WHEN con.oid IS NULL THEN 'index' ELSE 'constraint' END AS kind,
       n.nspname AS schema, t.relname AS parent, coalesce(con.conname, c.relname) AS name,
       CASE WHEN con.oid IS NULL THEN 'yes' END AS exists,
       CASE WHEN con.oid IS NULL THEN pg_get_indexdef(i.indexrelid) END AS index,
       CASE WHEN con.oid IS NULL THEN CASE WHEN i.indisunique THEN 'yes' ELSE 'no' END END AS unique,
       CASE WHEN NOT i.indisvalid THEN 'no' WHEN con.oid IS NULL THEN 'yes' END AS valid,
       CASE WHEN NOT (i.indisready AND i.indislive) THEN 'no' END AS ready,
       CASE WHEN i.indisclustered THEN 'yes' END AS clustered,
       CASE WHEN i.indisreplident THEN 'yes' END AS "replica identity",
       p.inhparent::regclass::text AS "attached to",
       s.spcname AS tablespace,
       st.targets AS "statistics target",
       c.reloptions AS options,
       CASE WHEN con.oid IS NULL THEN d.description END AS comment,
       CASE WHEN con.oid IS NOT NULL THEN d.description END AS "index comment"
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')
                           AND con.conrelid = i.indrelid -- only
LEFT JOIN pg_inherits p ON c.relispartition AND p.inhrelid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN LATERAL (
    SELECT string_agg(a.attname || ' ' || a.attstattarget, ', ' ORDER BY a.attnum) AS targets
    FROM pg_attribute a
    WHERE i.indexprs IS NOT NULL AND a.attrelid = i.indexrelid AND a.attstattarget >= 0) st ON true
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = i.indexrelid
                          AND d.objsubid = 0
WHERE t.relkind IN ('r', 'p', 'm')
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = t.oid)
  AND (con.oid IS NULL OR con.conparentid = 0)
  AND i.indexrelid = ANY (%(units)s) -- only
