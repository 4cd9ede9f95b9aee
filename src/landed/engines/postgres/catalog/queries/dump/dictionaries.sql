-- Text search dictionaries.
SELECT 'pg_ts_dict'::regclass::oid::int8 AS class, d.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(d.dictname) AS name, quote_ident(n.nspname) AS schema, pg_get_userbyid(d.dictowner) AS owner, obj_description(d.oid, 'pg_ts_dict') AS comment,
       quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname) AS template, d.dictinitoption AS options
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace JOIN pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_ts_dict'::regclass AND x.objid = d.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
