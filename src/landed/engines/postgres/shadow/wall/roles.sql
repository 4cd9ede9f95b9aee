-- Roles of landed's own on a throw-away server; none of them is a superuser, nobody logs in as one.
-- landed_rows is lent while landed puts rows into tables and reads them; landed_owner has what stand-ins
-- for extensions would otherwise run with the rights of the server's superuser.
CREATE ROLE landed_rows NOLOGIN BYPASSRLS;
CREATE ROLE landed_owner NOLOGIN;
GRANT pg_read_all_data, pg_write_all_data TO landed_rows, landed_owner;
DO $$
BEGIN
  IF current_setting('server_version_num')::int < 160000 THEN
    -- Before 16 whoever may make roles may also give away the rights to read, write and run what is outside of
    -- the server: as superusers these three can be given by superusers only. Nobody is a member of one.
    UPDATE pg_authid SET rolsuper = true
      WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program');
  END IF;
END $$;
