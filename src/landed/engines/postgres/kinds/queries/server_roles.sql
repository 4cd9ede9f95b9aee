-- Roles of the server, but the first superuser and the platform's; of the system's only who belongs to them. Those
-- that the API uses are the platform's, and configured by projects. Who belongs to a role is told as what is granted on
-- it; not what the platform grants by its superuser, nor what CREATE ROLE gives its creator, nor whom the owner of a plain database joins: a
-- replay's joins all. What only superusers give to a role is noted in a shadow as a setting of the role.
SELECT r.oid AS unit, 'role' AS kind, NULL AS schema, NULL AS parent, r.rolname AS name,
       CASE WHEN r.rolname !~ '^pg_' THEN 'yes' END AS exists,
       CASE WHEN a.told THEN CASE WHEN r.rolsuper OR n.noted @> '{landed.superuser=yes}' THEN 'yes' ELSE 'no' END END AS superuser,
       CASE WHEN a.told THEN CASE WHEN r.rolcanlogin THEN 'yes' ELSE 'no' END END AS login,
       CASE WHEN a.told THEN CASE WHEN r.rolinherit THEN 'yes' ELSE 'no' END END AS inherit,
       CASE WHEN a.told THEN CASE WHEN r.rolcreaterole THEN 'yes' ELSE 'no' END END AS "create roles",
       CASE WHEN a.told THEN CASE WHEN r.rolcreatedb THEN 'yes' ELSE 'no' END END AS "create databases",
       CASE WHEN a.told THEN CASE WHEN r.rolreplication OR n.noted @> '{landed.replication=yes}' THEN 'yes' ELSE 'no' END END AS replication,
       CASE WHEN a.told THEN CASE WHEN r.rolbypassrls OR n.noted @> '{landed.bypassrls=yes}' THEN 'yes' ELSE 'no' END END AS "bypass row level security",
       CASE WHEN a.told AND r.rolconnlimit <> -1 THEN r.rolconnlimit::text END AS "connection limit",
       CASE WHEN a.told THEN (r.rolvaliduntil AT TIME ZONE 'utc')::text END AS "valid until",
       (SELECT array_agg(c) FROM unnest(s.setconfig) c WHERE c !~ '^landed[.]') AS "server settings",
       h.setconfig AS "settings here",
       m.acl AS acl
FROM pg_roles r
CROSS JOIN LATERAL (SELECT r.rolname IS DISTINCT FROM %(main_role)s::text AND r.rolname !~ '^pg_' AS told) a
LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
CROSS JOIN LATERAL (SELECT CASE WHEN starts_with(current_database(), 'landed_shadow_') THEN s.setconfig END AS noted) n
LEFT JOIN pg_db_role_setting h ON h.setrole = r.oid
     AND h.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
LEFT JOIN LATERAL (
    SELECT array_agg(quote_ident(g.rolname) || '=M' || CASE WHEN x.admin_option THEN '*' ELSE '' END
                     ORDER BY g.rolname, x.admin_option)::text AS acl
    FROM pg_auth_members x
    JOIN pg_roles g ON g.oid = x.member
    CROSS JOIN LATERAL (SELECT to_jsonb(x) AS j) o
    WHERE x.roleid = r.oid AND (g.rolname !~ %(platform_roles)s OR g.rolname = ANY (%(configured)s)) AND g.rolname !~ '^landed_' AND g.oid <> 10
      AND NOT (x.grantor = 10 AND (cardinality(%(attached)s::text[]) > 0 OR x.admin_option
               AND coalesce(o.j ->> 'inherit_option' = 'false' AND o.j ->> 'set_option' = 'false', false)))
      AND (%(main_role)s::text IS NOT NULL OR g.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database()))) m ON true
WHERE r.rolname !~ '^landed_' AND r.oid <> 10
  AND (r.rolname !~ %(platform_roles)s OR r.rolname = ANY (%(configured)s))
