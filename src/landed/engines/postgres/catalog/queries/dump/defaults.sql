-- Default privileges of the main role.
SELECT d.defaclobjtype::text, coalesce(quote_ident(n.nspname), ''), (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(d.defaclacl) g)
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE pg_get_userbyid(d.defaclrole) = %(main)s AND coalesce(n.nspname, '') !~ '^pg_'
AND (d.defaclnamespace = 0 OR n.nspname ~ %(schemas)s)
