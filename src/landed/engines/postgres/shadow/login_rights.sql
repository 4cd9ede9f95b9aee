-- Who logged in, where, and what the login could do besides making databases of its own. Rights in other
-- databases are told by the dependencies that the whole server shares; those that everybody has are not.
SELECT r.rolname::text,
       pg_catalog.current_database()::text,
       pg_catalog.current_setting('server_version_num')::int / 10000,
       r.rolcreatedb OR r.rolsuper,
       ARRAY(
         SELECT v.what
           FROM (VALUES (r.rolsuper, 'it is a superuser'),
                        (r.rolcreaterole, 'it may make roles'),
                        (r.rolreplication, 'it may replicate'),
                        (r.rolbypassrls, 'it goes past row level security'),
                        (CURRENT_USER <> SESSION_USER, 'it acts as another role')) AS v (has, what)
          WHERE v.has),
       ARRAY(
         SELECT g.rolname::text
           FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
          WHERE m.member = r.oid
          ORDER BY 1),
       ARRAY(
         SELECT DISTINCT coalesce(d.datname, '')::text
           FROM pg_catalog.pg_shdepend AS s
           LEFT JOIN pg_catalog.pg_database AS d
             ON d.oid = CASE WHEN s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
                             THEN s.objid ELSE s.dbid END
          WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
            AND s.refobjid = r.oid
            AND (d.oid IS NULL
                 OR NOT pg_catalog.starts_with(d.datname::text, %(prefix)s)
                AND NOT (d.datdba = r.oid AND d.datname = pg_catalog.current_database()))
          ORDER BY 1),
       ARRAY(SELECT p.rolname::text FROM pg_catalog.pg_roles AS p)
  FROM pg_catalog.pg_roles AS r
 WHERE r.rolname = SESSION_USER
