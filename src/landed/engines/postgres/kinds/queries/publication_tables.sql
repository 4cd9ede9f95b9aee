-- The user's tables in publications.
SELECT m.oid AS unit, 'publication table' AS kind, NULL AS schema, p.pubname AS parent,
       NULL AS name, m.prrelid::regclass::text AS signature,
       'yes' AS exists,
       (SELECT string_agg(a.attname, ', ' ORDER BY a.attname) FROM unnest(m.prattrs) k
        JOIN pg_attribute a ON a.attrelid = m.prrelid AND a.attnum = k) AS columns,
       pg_get_expr(m.prqual, m.prrelid) AS where
FROM pg_publication_rel m
JOIN pg_publication p ON p.oid = m.prpubid
JOIN pg_class c ON c.oid = m.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ %(managed)s
