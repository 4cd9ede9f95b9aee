-- Extended statistics.
SELECT 'pg_statistic_ext'::regclass::oid::int8 AS class, s.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS name,
       pg_get_statisticsobjdef(s.oid) AS sql, nullif(s.stxstattarget, -1) AS target,
       quote_ident(n.nspname) AS schema, pg_get_userbyid(s.stxowner) AS owner,
       obj_description(s.oid, 'pg_statistic_ext') AS comment
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_statistic_ext'::regclass AND x.objid = s.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
