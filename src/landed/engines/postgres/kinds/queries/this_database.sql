-- The database itself, whatever it is called: its settings for everybody, and what is granted on it. In a shadow the
-- one that files call by its usual name stands for it, too.
SELECT d.oid AS unit, 'database' AS kind, NULL AS schema, NULL AS parent, 'current' AS name,
       CASE WHEN d.datconnlimit <> -1 THEN d.datconnlimit::text END AS "connection limit",
       (SELECT array_agg(c) FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c
        WHERE s.setrole = 0 AND c !~ '^landed[.]'
        AND s.setdatabase IN (SELECT e.oid FROM pg_database e WHERE e.oid = d.oid
                              OR e.datname = 'postgres' AND starts_with(d.datname, 'landed_'))) AS "server settings",
       pg_get_userbyid(d.datdba) AS owner,
       d.datacl::text AS acl
FROM pg_database d
WHERE d.datname = current_database()
