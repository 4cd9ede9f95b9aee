-- Extensions.
SELECT x.oid AS unit, 'extension' AS kind, NULL AS schema, NULL AS parent, x.extname AS name,
       'yes' AS exists,
       n.nspname AS "in schema",
       x.extversion AS version
FROM pg_extension x
JOIN pg_namespace n ON n.oid = x.extnamespace
