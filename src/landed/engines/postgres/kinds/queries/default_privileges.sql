-- What ALTER DEFAULT PRIVILEGES set, of roles that are not the platform's, where the user's objects go.
SELECT a.oid AS unit, 'default privileges' AS kind, n.nspname AS schema, NULL AS parent,
       pg_get_userbyid(a.defaclrole) AS name,
       a.defaclobjtype::text AS defaults,
       a.defaclacl::text AS acl
FROM pg_default_acl a
LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
WHERE (n.nspname IS NULL OR n.nspname !~ %(managed)s)
  AND pg_get_userbyid(a.defaclrole) !~ %(platform_roles)s
