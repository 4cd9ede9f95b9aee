-- Foreign data wrappers.
SELECT 'pg_foreign_data_wrapper'::regclass::oid::int8 AS class, w.oid::int8 AS oid, quote_ident(w.fdwname) AS name, NULL AS schema, pg_get_userbyid(w.fdwowner) AS owner, obj_description(w.oid, 'pg_foreign_data_wrapper') AS comment,
       CASE WHEN w.fdwhandler <> 0 THEN ' HANDLER ' || w.fdwhandler::regproc ELSE '' END
 || CASE WHEN w.fdwvalidator <> 0 THEN ' VALIDATOR ' || w.fdwvalidator::regproc ELSE '' END AS handlers,
       (SELECT string_agg(quote_ident(option_name) || ' ' || CASE WHEN option_name ~* %(secret)s THEN quote_literal('') ELSE quote_literal(option_value) END, ', ') FROM pg_options_to_table(w.fdwoptions)) AS options, (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(w.fdwacl, acldefault('F', w.fdwowner))) g) AS acl
FROM pg_foreign_data_wrapper w WHERE %(whole)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_foreign_data_wrapper'::regclass AND x.objid = w.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
