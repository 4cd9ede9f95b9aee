-- Who is connected, who owns the database and the ledger, and which roles there are.
SELECT current_user::text,
       (SELECT pg_get_userbyid(d.datdba)::text FROM pg_database d WHERE d.datname = current_database()),
       (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user),
       (SELECT pg_get_userbyid(c.relowner)::text FROM pg_class c
        WHERE c.relname = 'schema_migrations' AND c.relnamespace =
              (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'supabase_migrations')),
       ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1),
       ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname !~ '^pg_' AND (r.rolsuper OR EXISTS
             (SELECT FROM pg_roles m WHERE pg_has_role(r.oid, m.oid, 'MEMBER') AND (m.rolname = 'postgres'
              OR m.oid = (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())))) ORDER BY 1)
