-- Rules other than those that views are made of.
SELECT 'pg_rewrite'::regclass::oid::int8 AS class, r.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, quote_ident(r.rulename) AS name,
       pg_get_ruledef(r.oid) AS sql, r.ev_enabled::text AS enabled,
       obj_description(r.oid, 'pg_rewrite') AS comment
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
