DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'do_reader') THEN CREATE ROLE do_reader NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'do_owner') THEN CREATE ROLE do_owner NOLOGIN; END IF;
END $$;
CREATE TABLE reports (id int); ALTER TABLE reports OWNER TO do_owner; GRANT SELECT ON reports TO do_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE do_owner IN SCHEMA public GRANT SELECT ON TABLES TO do_reader;
SET ROLE do_owner; RESET ROLE;
