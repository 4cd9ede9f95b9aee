-- Triggers of dumped tables, and the user's own on tables that the platform manages.
SELECT 'pg_trigger'::regclass::oid::int8 AS class, t.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, quote_ident(t.tgname) AS name,
       pg_get_triggerdef(t.oid) AS sql, t.tgenabled::text AS enabled,
       obj_description(t.oid, 'pg_trigger') AS comment
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
AND (n.nspname ~ %(schemas)s AND (NOT n.nspname = ANY (%(attached)s) OR p.pronamespace = c.relnamespace)
     OR n.nspname = ANY (%(also_on)s) AND p.pronamespace <> c.relnamespace)
