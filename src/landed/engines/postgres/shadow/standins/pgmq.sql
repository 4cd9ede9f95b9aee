-- version: 1.5.1
-- schema: pgmq
-- Queues are really made, because policies and grants name their tables.
CREATE TABLE pgmq.meta (queue_name varchar UNIQUE NOT NULL, is_partitioned boolean NOT NULL, is_unlogged boolean NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TYPE pgmq.message_record AS (msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb);
CREATE TYPE pgmq.queue_record AS (queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz);
CREATE TYPE pgmq.metrics_result AS (queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer, total_messages bigint, scrape_time timestamptz, queue_visible_length bigint);
CREATE FUNCTION pgmq.format_table_name(queue_name text, prefix text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(prefix || '_' || queue_name) $$;
CREATE FUNCTION pgmq.validate_queue_name(queue_name text) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN IF length(queue_name) >= 48 THEN RAISE EXCEPTION 'queue name is too long, maximum length is 48 characters'; END IF; END $$;
CREATE FUNCTION pgmq._make(queue_name text, unlogged boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  q text := lower('q_' || queue_name);
  a text := lower('a_' || queue_name);
BEGIN
  PERFORM pgmq.validate_queue_name(queue_name);
  EXECUTE pg_catalog.format('CREATE %s TABLE IF NOT EXISTS pgmq.%I (msg_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, read_ct int DEFAULT 0 NOT NULL, '
    'enqueued_at timestamptz DEFAULT now() NOT NULL, vt timestamptz NOT NULL, message jsonb, headers jsonb)', CASE WHEN unlogged THEN 'UNLOGGED' ELSE '' END, q);
  EXECUTE pg_catalog.format('CREATE TABLE IF NOT EXISTS pgmq.%I (msg_id bigint PRIMARY KEY, read_ct int DEFAULT 0 NOT NULL, '
    'enqueued_at timestamptz DEFAULT now() NOT NULL, archived_at timestamptz DEFAULT now() NOT NULL, vt timestamptz NOT NULL, message jsonb, headers jsonb)', a);
  EXECUTE pg_catalog.format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (vt ASC)', q || '_vt_idx', q);
  EXECUTE pg_catalog.format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, a);
  INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged) VALUES (queue_name, false, unlogged) ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION pgmq."create"(queue_name text) RETURNS void LANGUAGE sql AS $$ SELECT pgmq._make(queue_name, false) $$;
CREATE FUNCTION pgmq.create_non_partitioned(queue_name text) RETURNS void LANGUAGE sql AS $$ SELECT pgmq._make(queue_name, false) $$;
CREATE FUNCTION pgmq.create_unlogged(queue_name text) RETURNS void LANGUAGE sql AS $$ SELECT pgmq._make(queue_name, true) $$;
CREATE FUNCTION pgmq.create_partitioned(queue_name text, partition_interval text DEFAULT '10000', retention_interval text DEFAULT '100000')
  RETURNS void LANGUAGE sql AS $$ SELECT pgmq._make(queue_name, false) $$;
CREATE FUNCTION pgmq.drop_queue(queue_name text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE pg_catalog.format('DROP TABLE IF EXISTS pgmq.%I, pgmq.%I', lower('q_' || queue_name), lower('a_' || queue_name));
  DELETE FROM pgmq.meta m WHERE m.queue_name = drop_queue.queue_name;
  RETURN true;
END $$;
CREATE FUNCTION pgmq.drop_queue(queue_name text, partitioned boolean) RETURNS boolean LANGUAGE sql AS $$ SELECT pgmq.drop_queue(queue_name) $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) RETURNS SETOF bigint LANGUAGE plpgsql AS
  $$ BEGIN RETURN QUERY EXECUTE pg_catalog.format('INSERT INTO pgmq.%I (vt, message, headers) VALUES ($1, $2, $3) RETURNING msg_id', lower('q_' || queue_name)) USING delay, msg, headers; END $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, msg, NULL::jsonb, clock_timestamp()) $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, headers jsonb) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, msg, headers, clock_timestamp()) $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, delay integer) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, msg, NULL::jsonb, clock_timestamp() + make_interval(secs => delay)) $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, delay timestamptz) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, msg, NULL::jsonb, delay) $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, msg, headers, clock_timestamp() + make_interval(secs => delay)) $$;
CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[]) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, m) FROM unnest(msgs) m $$;
CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.send(queue_name, m, delay) FROM unnest(msgs) m $$;
CREATE FUNCTION pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb DEFAULT '{}') RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS
  $$ BEGIN RETURN QUERY EXECUTE pg_catalog.format('SELECT msg_id, read_ct, enqueued_at, vt, message, headers FROM pgmq.%I ORDER BY msg_id LIMIT $1', lower('q_' || queue_name)) USING qty; END $$;
CREATE FUNCTION pgmq.read_with_poll(queue_name text, vt integer, qty integer, max_poll_seconds integer DEFAULT 5, poll_interval_ms integer DEFAULT 100, conditional jsonb DEFAULT '{}')
  RETURNS SETOF pgmq.message_record LANGUAGE sql AS $$ SELECT * FROM pgmq.read(queue_name, vt, qty) $$;
CREATE FUNCTION pgmq.pop(queue_name text) RETURNS SETOF pgmq.message_record LANGUAGE sql AS $$ SELECT * FROM pgmq.read(queue_name, 0, 1) $$;
CREATE FUNCTION pgmq.delete(queue_name text, msg_id bigint) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE pg_catalog.format('DELETE FROM pgmq.%I WHERE msg_id = $1', lower('q_' || queue_name)) USING msg_id; RETURN true; END $$;
CREATE FUNCTION pgmq.delete(queue_name text, msg_ids bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS
  $$ BEGIN RETURN QUERY EXECUTE pg_catalog.format('DELETE FROM pgmq.%I WHERE msg_id = ANY($1) RETURNING msg_id', lower('q_' || queue_name)) USING msg_ids; END $$;
CREATE FUNCTION pgmq.archive(queue_name text, msg_id bigint) RETURNS boolean LANGUAGE sql AS $$ SELECT pgmq.delete(queue_name, msg_id) $$;
CREATE FUNCTION pgmq.archive(queue_name text, msg_ids bigint[]) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT pgmq.delete(queue_name, msg_ids) $$;
CREATE FUNCTION pgmq.set_vt(queue_name text, msg_id bigint, vt integer) RETURNS SETOF pgmq.message_record LANGUAGE sql AS $$ SELECT * FROM pgmq.read(queue_name, vt, 1) $$;
CREATE FUNCTION pgmq.purge_queue(queue_name text) RETURNS bigint LANGUAGE plpgsql AS
  $$ DECLARE n bigint; BEGIN EXECUTE pg_catalog.format('DELETE FROM pgmq.%I', lower('q_' || queue_name)); GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$;
CREATE FUNCTION pgmq.detach_archive(queue_name text) RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION pgmq.list_queues() RETURNS SETOF pgmq.queue_record LANGUAGE sql AS $$ SELECT queue_name, is_partitioned, is_unlogged, created_at FROM pgmq.meta $$;
CREATE FUNCTION pgmq.metrics(queue_name text) RETURNS pgmq.metrics_result LANGUAGE sql AS $$ SELECT ROW(queue_name, 0, 0, 0, 0, now(), 0)::pgmq.metrics_result $$;
CREATE FUNCTION pgmq.metrics_all() RETURNS SETOF pgmq.metrics_result LANGUAGE sql AS $$ SELECT pgmq.metrics(queue_name) FROM pgmq.meta $$;
DO $$
BEGIN
  IF to_regrole('anon') IS NOT NULL THEN
    GRANT ALL ON SCHEMA pgmq TO postgres WITH GRANT OPTION;
    GRANT ALL ON ALL TABLES IN SCHEMA pgmq TO postgres WITH GRANT OPTION;
    GRANT ALL ON ALL ROUTINES IN SCHEMA pgmq TO postgres WITH GRANT OPTION;
  END IF;
END $$;
