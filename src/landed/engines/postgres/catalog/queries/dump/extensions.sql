-- Extensions.
SELECT 'pg_extension'::regclass::oid::int8 AS class, e.oid::int8 AS oid, quote_ident(e.extname) AS name, NULL AS schema, NULL AS owner, obj_description(e.oid, 'pg_extension') AS comment, quote_ident(n.nspname) AS within
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE %(whole)s AND e.extname <> 'plpgsql'
