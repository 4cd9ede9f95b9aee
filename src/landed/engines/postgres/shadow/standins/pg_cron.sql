-- version: 1.6
-- loose: cron
CREATE SCHEMA cron;
CREATE SEQUENCE cron.jobid_seq;
CREATE SEQUENCE cron.runid_seq;
CREATE TABLE cron.job (
  jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'), schedule text NOT NULL, command text NOT NULL,
  nodename text NOT NULL DEFAULT 'localhost', nodeport integer NOT NULL DEFAULT inet_server_port(),
  database text NOT NULL DEFAULT current_database(), username text NOT NULL DEFAULT CURRENT_USER,
  active boolean NOT NULL DEFAULT true, jobname text,
  CONSTRAINT jobname_username_uniq UNIQUE (jobname, username));
ALTER TABLE cron.job ALTER nodeport SET DEFAULT 5432;
ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = CURRENT_USER);
CREATE TABLE cron.job_run_details (
  jobid bigint, runid bigint PRIMARY KEY DEFAULT nextval('cron.runid_seq'), job_pid integer, database text, username text,
  command text, status text, return_message text, start_time timestamptz, end_time timestamptz);
ALTER TABLE cron.job_run_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_run_details_policy ON cron.job_run_details USING (username = CURRENT_USER);
CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint LANGUAGE sql SECURITY DEFINER STRICT AS
  $$ INSERT INTO cron.job (schedule, command, username) VALUES ($1, $2, session_user) RETURNING jobid $$;
CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint LANGUAGE sql SECURITY DEFINER STRICT AS
  $$ INSERT INTO cron.job (jobname, schedule, command, username) VALUES ($1, $2, $3, session_user)
     ON CONFLICT (jobname, username) DO UPDATE SET schedule = excluded.schedule, command = excluded.command RETURNING jobid $$;
CREATE FUNCTION cron.schedule_in_database(job_name text, schedule text, command text, database text, username text DEFAULT NULL, active boolean DEFAULT true)
  RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
  $$ INSERT INTO cron.job (jobname, schedule, command, database, username, active)
     VALUES ($1, $2, $3, $4, coalesce($5, session_user), $6)
     ON CONFLICT (jobname, username) DO UPDATE SET schedule = excluded.schedule, command = excluded.command,
       database = excluded.database, active = excluded.active RETURNING jobid $$;
CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER STRICT AS $$
BEGIN
  DELETE FROM cron.job WHERE jobid = job_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'could not find valid entry for job ''%''', job_id; END IF;
  RETURN true;
END $$;
CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER STRICT AS $$
BEGIN
  DELETE FROM cron.job WHERE jobname = job_name;
  IF NOT FOUND THEN RAISE EXCEPTION 'could not find valid entry for job ''%''', job_name; END IF;
  RETURN true;
END $$;
CREATE FUNCTION cron.alter_job(job_id bigint, schedule text DEFAULT NULL, command text DEFAULT NULL, database text DEFAULT NULL, username text DEFAULT NULL, active boolean DEFAULT NULL)
  RETURNS void LANGUAGE sql SECURITY DEFINER AS
  $$ UPDATE cron.job j SET schedule = coalesce($2, j.schedule), command = coalesce($3, j.command), database = coalesce($4, j.database),
       username = coalesce($5, j.username), active = coalesce($6, j.active) WHERE j.jobid = $1 $$;
CREATE FUNCTION cron.job_cache_invalidate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
DO $$
BEGIN
  IF to_regrole('anon') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA cron TO postgres WITH GRANT OPTION;
    GRANT ALL ON ALL FUNCTIONS IN SCHEMA cron TO postgres WITH GRANT OPTION;
    GRANT ALL ON ALL TABLES IN SCHEMA cron TO postgres WITH GRANT OPTION;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA cron TO postgres WITH GRANT OPTION;
    REVOKE ALL ON cron.job FROM postgres;
    GRANT SELECT ON cron.job TO postgres WITH GRANT OPTION;
  END IF;
END $$;
