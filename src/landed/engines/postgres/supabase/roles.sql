-- The roles of a Supabase project, for a whole server. supabase_admin, a superuser there, is one here only while it
-- makes the platform's objects: what files put into their way must not run as one.
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY[
    'supabase_admin LOGIN SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS',
    'postgres LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS',
    'anon NOLOGIN',
    'authenticated NOLOGIN',
    'service_role NOLOGIN BYPASSRLS',
    'authenticator LOGIN NOINHERIT',
    'supabase_auth_admin LOGIN NOINHERIT CREATEROLE',
    'supabase_storage_admin LOGIN NOINHERIT CREATEROLE',
    'supabase_realtime_admin NOLOGIN NOINHERIT',
    'supabase_functions_admin LOGIN NOINHERIT CREATEROLE',
    'supabase_replication_admin LOGIN REPLICATION',
    'supabase_read_only_user LOGIN BYPASSRLS',
    'supabase_etl_admin LOGIN REPLICATION',
    'supabase_privileged_role NOLOGIN',
    'dashboard_user NOLOGIN CREATEDB CREATEROLE REPLICATION',
    'pgbouncer LOGIN',
    'pgsodium_keyiduser NOLOGIN', 'pgsodium_keyholder NOLOGIN', 'pgsodium_keymaker NOLOGIN',
    'pgtle_admin NOLOGIN',
    'cli_login_postgres NOLOGIN NOINHERIT'
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = split_part(role, ' ', 1)) THEN
      EXECUTE 'CREATE ROLE ' || role;
    END IF;
  END LOOP;
END $$;
GRANT anon, authenticated, service_role TO authenticator, supabase_storage_admin;
GRANT authenticator TO supabase_storage_admin;
-- The admin option is what lets postgres ALTER ROLE … SET and GRANT them on from major 16 on.
GRANT anon, authenticated, service_role, authenticator TO postgres WITH ADMIN OPTION;
GRANT anon, authenticated, service_role, authenticator, postgres, supabase_auth_admin, supabase_storage_admin,
  supabase_realtime_admin, supabase_functions_admin, dashboard_user, pgbouncer TO supabase_admin;
GRANT pg_read_all_data TO supabase_read_only_user;
GRANT pg_monitor, pg_read_all_data, pg_signal_backend TO postgres WITH ADMIN OPTION;
GRANT pg_monitor, pg_read_all_data TO supabase_etl_admin;
GRANT pgsodium_keyiduser, pgsodium_keyholder, pgsodium_keymaker TO postgres WITH ADMIN OPTION;
GRANT pgsodium_keyholder TO service_role;
DO $$
DECLARE
  setting text;
  admin text;
BEGIN
  -- The platform lets postgres manage policies and triggers of tables that it does not own. Membership stands
  -- in for that; guard.sql takes back everything else that membership gives.
  FOREACH admin IN ARRAY ARRAY['supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin'] LOOP
    EXECUTE format('GRANT %I TO postgres', admin)
      || CASE WHEN current_setting('server_version_num')::int >= 160000
              THEN ' WITH INHERIT TRUE, SET FALSE' ELSE '' END;
  END LOOP;
  -- Not pg_create_subscription, which the platform gives: a subscription connects to wherever it is told.
  -- Settings that the platform lets postgres give to sessions and roles.
  IF current_setting('server_version_num')::int >= 150000 THEN
    FOREACH setting IN ARRAY ARRAY[
      'auto_explain.log_analyze', 'auto_explain.log_min_duration', 'auto_explain.log_nested_statements',
      'log_lock_waits', 'log_min_duration_statement', 'log_min_messages', 'log_statement',
      'pg_net.batch_size', 'pg_net.ttl', 'pg_stat_statements.track',
      'pgaudit.log', 'pgaudit.log_catalog', 'pgaudit.log_client', 'pgaudit.log_level',
      'pgaudit.log_parameter', 'pgaudit.log_relation', 'pgaudit.log_rows', 'pgaudit.log_statement',
      'pgaudit.log_statement_once', 'pgaudit.role',
      'pgrst.client_error_verbosity', 'pgrst.db_aggregates_enabled', 'pgrst.db_anon_role',
      'pgrst.db_extra_search_path', 'pgrst.db_hoisted_tx_settings', 'pgrst.db_max_rows',
      'pgrst.db_plan_enabled', 'pgrst.db_pre_config', 'pgrst.db_pre_request', 'pgrst.db_prepared_statements',
      'pgrst.db_root_spec', 'pgrst.db_safe_update_enabled', 'pgrst.db_schema', 'pgrst.db_schemas',
      'pgrst.db_timezone_enabled', 'pgrst.db_tx_end', 'pgrst.db_use_legacy_gucs', 'pgrst.jwt_aud',
      'pgrst.jwt_cache_max_lifetime', 'pgrst.jwt_role_claim_key', 'pgrst.jwt_secret',
      'pgrst.jwt_secret_is_base64', 'pgrst.log_level', 'pgrst.log_query', 'pgrst.openapi_mode',
      'pgrst.openapi_security_active', 'pgrst.openapi_server_proxy_uri', 'pgrst.server_cors_allowed_origins',
      'pgrst.server_timing_enabled', 'pgrst.server_trace_header',
      'plan_filter.limit_select_only', 'plan_filter.statement_cost_limit', 'plan_filter.module_loaded',
      'safeupdate.enabled', 'session_replication_role', 'track_functions', 'track_io_timing'
    ] LOOP
      EXECUTE format('GRANT SET ON PARAMETER %s TO postgres WITH GRANT OPTION', setting);
    END LOOP;
  END IF;
END $$;
ALTER ROLE postgres SET search_path TO "$user", public, extensions;
ALTER ROLE supabase_auth_admin SET search_path TO auth;
ALTER ROLE supabase_storage_admin SET search_path TO storage;
ALTER ROLE anon SET statement_timeout = '3s';
ALTER ROLE authenticated SET statement_timeout = '8s';
ALTER ROLE authenticator SET statement_timeout = '8s';
ALTER ROLE authenticator SET lock_timeout = '8s';
