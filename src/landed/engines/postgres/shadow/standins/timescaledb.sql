-- version: 2.16.1
-- The most used functions by name: a hypertable stays an ordinary table.
CREATE SCHEMA _timescaledb_internal;
CREATE FUNCTION create_hypertable(relation regclass, time_column_name name, partitioning_column name DEFAULT NULL, number_partitions integer DEFAULT NULL,
    chunk_time_interval interval DEFAULT NULL, if_not_exists boolean DEFAULT false, migrate_data boolean DEFAULT false)
  RETURNS TABLE (hypertable_id integer, schema_name name, table_name name, created boolean) LANGUAGE sql
  AS $$ SELECT 1, relnamespace::regnamespace::text::name, relname, true FROM pg_class WHERE oid = $1 $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT date_bin($1, $2, '2000-01-03 00:00:00+00') $$;
CREATE FUNCTION time_bucket(bucket_width interval, ts timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT date_bin($1, $2, '2000-01-03 00:00:00') $$;
CREATE FUNCTION add_retention_policy(relation regclass, drop_after interval, if_not_exists boolean DEFAULT false) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION add_compression_policy(hypertable regclass, compress_after interval, if_not_exists boolean DEFAULT false) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION remove_retention_policy(relation regclass, if_exists boolean DEFAULT false) RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION set_chunk_time_interval(hypertable regclass, chunk_time_interval interval) RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION _timescaledb_internal.keep(anyelement, anyelement, "any") RETURNS anyelement LANGUAGE internal AS 'internal_in';
CREATE AGGREGATE first(anyelement, "any") (SFUNC = _timescaledb_internal.keep, STYPE = anyelement);
CREATE AGGREGATE last(anyelement, "any") (SFUNC = _timescaledb_internal.keep, STYPE = anyelement);
