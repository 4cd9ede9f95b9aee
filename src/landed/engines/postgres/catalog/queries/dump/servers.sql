-- Foreign servers, without what is secret.
SELECT 'pg_foreign_server'::regclass::oid::int8 AS class, s.oid::int8 AS oid, quote_ident(s.srvname) AS name, NULL AS schema, pg_get_userbyid(s.srvowner) AS owner, obj_description(s.oid, 'pg_foreign_server') AS comment, quote_ident(w.fdwname) AS wrapper,
       coalesce(' TYPE ' || quote_literal(s.srvtype), '') || coalesce(' VERSION ' || quote_literal(s.srvversion), '') AS kind,
       (SELECT string_agg(quote_ident(option_name) || ' ' || CASE WHEN option_name ~* %(secret)s THEN quote_literal('') ELSE quote_literal(option_value) END, ', ') FROM pg_options_to_table(s.srvoptions)) AS options, (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(s.srvacl, acldefault('S', s.srvowner))) g) AS acl
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE %(whole)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_foreign_server'::regclass AND x.objid = s.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
