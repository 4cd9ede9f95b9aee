-- Schemas.
SELECT 'pg_namespace'::regclass::oid::int8 AS class, n.oid::int8 AS oid, quote_ident(n.nspname) AS name, NULL AS schema, pg_get_userbyid(n.nspowner) AS owner, obj_description(n.oid, 'pg_namespace') AS comment,
       (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g) AS acl
FROM pg_namespace n WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_namespace'::regclass AND x.objid = n.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
