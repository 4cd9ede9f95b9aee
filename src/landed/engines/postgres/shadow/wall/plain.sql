-- What superusers see, and the role that stands in for them is to see, too: the options of user mappings.
SET allow_system_table_mods = on;
CREATE OR REPLACE VIEW pg_catalog.pg_user_mappings AS
  SELECT u.oid AS umid, s.oid AS srvid, s.srvname, u.umuser,
         CASE WHEN u.umuser = 0 THEN 'public'::name ELSE a.rolname END AS usename, u.umoptions
  FROM pg_catalog.pg_user_mapping u
  JOIN pg_catalog.pg_foreign_server s ON u.umserver = s.oid
  LEFT JOIN pg_catalog.pg_authid a ON a.oid = u.umuser;
RESET allow_system_table_mods;
