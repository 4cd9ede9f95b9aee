-- User mappings. The view shows options only to those who may see them.
SELECT u.umid AS unit, 'user mapping' AS kind, NULL AS schema, u.srvname AS parent, u.usename AS name,
       'yes' AS exists,
       u.umoptions AS foreign
FROM pg_user_mappings u
JOIN pg_foreign_server s ON s.oid = u.srvid
WHERE pg_get_userbyid(s.srvowner) !~ %(platform_roles)s
