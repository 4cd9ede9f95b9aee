-- The user's schemas in publications (TABLES IN SCHEMA).
SELECT m.oid AS unit, 'publication schema' AS kind, NULL AS schema, p.pubname AS parent, n.nspname AS name,
       'yes' AS exists
FROM pg_publication_namespace m
JOIN pg_publication p ON p.oid = m.pnpubid
JOIN pg_namespace n ON n.oid = m.pnnspid
WHERE n.nspname !~ %(managed)s
