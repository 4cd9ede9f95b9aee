-- What every project had in schema public until new ones came without it (2026-05-30): read pg_default_acl.
DO $$
DECLARE
  maker text;
  kind text;
BEGIN
  FOREACH maker IN ARRAY ARRAY['postgres', 'supabase_admin'] LOOP
    CONTINUE WHEN NOT pg_has_role(maker, 'USAGE');
    FOREACH kind IN ARRAY ARRAY['TABLES', 'ROUTINES', 'SEQUENCES'] LOOP
      EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON %s '
        'TO postgres, anon, authenticated, service_role', maker, kind);
    END LOOP;
  END LOOP;
END $$;
