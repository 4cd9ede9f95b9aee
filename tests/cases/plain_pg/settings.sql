SET session_replication_role = replica; SET session_replication_role = DEFAULT; SET log_min_duration_statement = 1000; SET LOCAL lock_timeout = '2s';
SET search_path = public; SET check_function_bodies = off; CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT nothing FROM nowhere'; RESET ALL;
CREATE ROLE setter; ALTER ROLE setter SET statement_timeout = '1s'; CREATE TABLE settings_done (a int);
ALTER ROLE setter SET app.tenant = 'a b'; ALTER ROLE setter SET "App".unit = '1'; ALTER ROLE setter RESET "App".unit;
