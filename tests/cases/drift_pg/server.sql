-- Roles, who belongs to them, settings, and what is granted on the database.
-- pair: role bypasses policies
-- expect: role drift_a · bypass row level security
ALTER ROLE drift_a BYPASSRLS;
-- pair: role may log in
-- expect: role drift_a · login
ALTER ROLE drift_a LOGIN;
-- pair: role is a superuser
-- expect: role drift_a · superuser
ALTER ROLE drift_a SUPERUSER;
-- pair: role does not inherit
-- expect: role drift_a · inherit
ALTER ROLE drift_a NOINHERIT;
-- pair: role makes roles and databases
-- expect: role drift_a · create roles
-- expect: role drift_a · create databases
ALTER ROLE drift_a CREATEROLE CREATEDB;
-- pair: role replicates
-- expect: role drift_a · replication
ALTER ROLE drift_a REPLICATION;
-- pair: role with a limit
-- expect: role drift_a · connection limit
-- expect: role drift_a · valid until
ALTER ROLE drift_a CONNECTION LIMIT 3 VALID UNTIL '2030-01-01 00:00+02';
-- pair: role made
-- expect: role drift_made *
CREATE ROLE drift_made;
-- pair: role dropped
-- expect: role drift_made *
-- setup
CREATE ROLE drift_made;
-- change
DROP ROLE drift_made;
-- pair: role setting
-- expect: role drift_a · set statement_timeout
ALTER ROLE drift_a SET statement_timeout = '1s';
-- pair: role setting changed
-- expect: role drift_a · set statement_timeout
-- setup
ALTER ROLE drift_a SET statement_timeout = '1s';
-- change
ALTER ROLE drift_a SET statement_timeout = '2s';
-- pair: role setting reset
-- expect: role drift_a · set statement_timeout
-- expect: role drift_a · set search_path
-- setup
ALTER ROLE drift_a SET statement_timeout = '1s'; ALTER ROLE drift_a SET search_path = app, other;
-- change
ALTER ROLE drift_a RESET ALL;
-- pair: role setting in this database
-- expect: role drift_a · set statement_timeout in this database
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I SET statement_timeout = ''1s''', current_database()); END $$;
-- pair: role setting in this database changed
-- expect: role drift_a · set lock_timeout in this database
-- setup
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I SET lock_timeout = ''1s''', current_database()); END $$;
-- change
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I RESET lock_timeout', current_database()); END $$;
-- pair: role setting in this database with a secret
-- expect: role drift_a · set app.api_key in this database
-- setup
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I SET app.api_key = ''1s''', current_database()); END $$;
-- change
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I SET app.api_key = ''2s''', current_database()); END $$;
-- pair: role setting moves into this database
-- expect: role drift_a · set work_mem
-- expect: role drift_a · set work_mem in this database
-- setup
ALTER ROLE drift_a SET work_mem = '8MB';
-- change
ALTER ROLE drift_a RESET work_mem; DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I SET work_mem = ''8MB''', current_database()); END $$;
-- pair: role setting of another role
-- expect: role drift_a · set role in this database
-- expect: role drift_b · set role in this database
-- setup
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I SET role = drift_b', current_database()); END $$;
-- change
DO $$ BEGIN EXECUTE format('ALTER ROLE drift_a IN DATABASE %I RESET role', current_database()); EXECUTE format('ALTER ROLE drift_b IN DATABASE %I SET role = drift_a', current_database()); END $$;
-- pair: member
-- expect: grant on role drift_a(MEMBERSHIP to drift_b) *
GRANT drift_a TO drift_b;
-- pair: member no more
-- expect: grant on role drift_a(MEMBERSHIP to drift_b) *
-- setup
GRANT drift_a TO drift_b;
-- change
REVOKE drift_a FROM drift_b;
-- pair: member with admin option
-- expect: grant on role drift_a(MEMBERSHIP to drift_b) · grant option
-- setup
GRANT drift_a TO drift_b;
-- change
GRANT drift_a TO drift_b WITH ADMIN OPTION;
-- pair: member the other way round
-- expect: grant on role drift_a(MEMBERSHIP to drift_b) *
-- expect: grant on role drift_b(MEMBERSHIP to drift_a) *
-- setup
GRANT drift_a TO drift_b;
-- change
REVOKE drift_a FROM drift_b; GRANT drift_b TO drift_a;
-- pair: member with an odd name
-- expect: grant on role drift_a(MEMBERSHIP to "Odd, one") *
-- setup
CREATE ROLE "Odd, one";
-- change
GRANT drift_a TO "Odd, one";
-- pair: database setting
-- expect: database current · set search_path
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = ''x''', current_database()); END $$;
-- pair: database setting changed
-- expect: database current · set TimeZone
-- setup
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''utc''', current_database()); END $$;
-- change
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''cet''', current_database()); END $$;
-- pair: database setting reset
-- expect: database current · set TimeZone
-- expect: database current · set work_mem
-- setup
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''utc''', current_database()); EXECUTE format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database()); END $$;
-- change
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$;
-- pair: database setting of one's own
-- expect: database current · set app.mode
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.mode = ''x=y''', current_database()); END $$;
-- pair: database connections
-- expect: database current · connection limit
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 7', current_database()); END $$;
-- pair: database create granted
-- expect: grant on database current(CREATE to drift_a) *
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO drift_a', current_database()); END $$;
-- pair: database connect taken
-- expect: revoke on database current(CONNECT from PUBLIC) *
DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$;
-- pair: database all granted
-- expect: grant on database current(CONNECT to drift_a) *
-- expect: grant on database current(CREATE to drift_a) *
-- expect: grant on database current(TEMPORARY to drift_a) *
DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO drift_a', current_database()); END $$;
-- pair: database grant option
-- expect: grant on database current(CREATE to drift_a) · grant option
-- setup
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO drift_a', current_database()); END $$;
-- change
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO drift_a WITH GRANT OPTION', current_database()); END $$;
-- pair: database temporary taken
-- expect: revoke on database current(TEMPORARY from PUBLIC) *
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
-- pair: member of a role of the system
-- expect: grant on role pg_read_all_data(MEMBERSHIP to drift_a) *
GRANT pg_read_all_data TO drift_a;
