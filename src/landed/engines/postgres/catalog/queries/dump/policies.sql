-- Policies of dumped tables, and of those that the platform manages.
SELECT 'pg_policy'::regclass::oid::int8 AS class, p.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, quote_ident(p.polname) AS name,
       CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END AS restrictive,
       CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
 WHEN 'd' THEN ' FOR DELETE' ELSE '' END AS command,
       (SELECT array_agg(CASE r WHEN 0 THEN '' ELSE pg_get_userbyid(r) END) FROM unnest(p.polroles) r)
 AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS checked,
       obj_description(p.oid, 'pg_policy') AS comment
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e') AND (n.nspname ~ %(schemas)s AND NOT n.nspname = ANY (%(attached)s)
               OR n.nspname = ANY (%(also_on)s))
