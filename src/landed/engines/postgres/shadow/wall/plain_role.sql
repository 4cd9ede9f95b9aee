-- What the role that replays the files of a plain Postgres may do: much, and nothing outside of the server.
-- Its name stands in place of @role@.
CREATE ROLE @role@ LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS;
DO $$
DECLARE
  name text;
BEGIN
  IF current_setting('server_version_num')::int >= 160000 THEN
    -- As a superuser would be: a member of every role that the files make.
    ALTER ROLE @role@ SET createrole_self_grant = 'set, inherit';
    FOR name IN SELECT rolname FROM pg_roles WHERE rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_monitor',
      'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_signal_backend', 'pg_checkpoint',
      'pg_use_reserved_connections', 'pg_maintain', 'pg_signal_autovacuum_worker') LOOP
      EXECUTE pg_catalog.format('GRANT %I TO @role@ WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', name);
    END LOOP;
  END IF;
  FOREACH name IN ARRAY ARRAY['session_replication_role', 'deadlock_timeout', 'lc_messages',
    'log_duration', 'log_lock_waits', 'log_min_duration_statement', 'log_min_error_statement', 'log_min_messages',
    'log_statement', 'track_activities', 'track_counts', 'track_functions', 'track_io_timing', 'update_process_title',
    'pg_stat_statements.track', 'auto_explain.log_min_duration', 'auto_explain.log_analyze', 'pgaudit.log'] LOOP
    EXECUTE pg_catalog.format('GRANT SET ON PARAMETER %s TO @role@ WITH GRANT OPTION', name);
  END LOOP;
END $$;
