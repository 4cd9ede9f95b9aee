-- version: 0.5.0
-- Handlers and validators by name: servers and foreign tables can be made, not read.
CREATE TABLE wrappers_fdw_stats (fdw_name text PRIMARY KEY, create_times bigint, rows_in bigint, rows_out bigint, bytes_in bigint,
  bytes_out bigint, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
DO $do$
DECLARE
  fdw text;
BEGIN
  FOREACH fdw IN ARRAY ARRAY['airtable', 'auth0', 'big_query', 'click_house', 'cognito', 'duckdb', 'firebase', 'hello_world', 'iceberg',
      'logflare', 'mssql', 'redis', 's3', 's3_vectors', 'stripe', 'wasm'] LOOP
    EXECUTE pg_catalog.format($f$CREATE FUNCTION @extschema@.%I() RETURNS fdw_handler LANGUAGE internal STRICT AS 'internal_in'$f$, fdw || '_fdw_handler');
    EXECUTE pg_catalog.format($f$CREATE FUNCTION @extschema@.%I(options text[], catalog oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'$f$, fdw || '_fdw_validator');
    EXECUTE pg_catalog.format($f$CREATE FUNCTION @extschema@.%I() RETURNS TABLE (name text, version text, author text, website text)
      LANGUAGE sql AS 'SELECT NULL::text, NULL::text, NULL::text, NULL::text WHERE false'$f$, fdw || '_fdw_meta');
  END LOOP;
END $do$;
