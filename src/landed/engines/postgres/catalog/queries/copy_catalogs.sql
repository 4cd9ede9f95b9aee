-- The catalogs by name.
SELECT c.relname::text, c.oid::int8 FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'
