-- version: 1.10
-- relocatable: yes
CREATE FUNCTION pg_stat_statements_reset(userid oid DEFAULT 0, dbid oid DEFAULT 0, queryid bigint DEFAULT 0) RETURNS void LANGUAGE sql STRICT AS $$ SELECT $$;
CREATE VIEW pg_stat_statements_info AS SELECT 0::bigint AS dealloc, now() AS stats_reset;
CREATE VIEW pg_stat_statements AS SELECT NULL::oid AS userid, NULL::oid AS dbid, NULL::boolean AS toplevel, NULL::bigint AS queryid, NULL::text AS query,
  NULL::bigint AS plans, NULL::float8 AS total_plan_time, NULL::float8 AS mean_plan_time, NULL::bigint AS calls, NULL::float8 AS total_exec_time,
  NULL::float8 AS min_exec_time, NULL::float8 AS max_exec_time, NULL::float8 AS mean_exec_time, NULL::float8 AS stddev_exec_time, NULL::bigint AS rows WHERE false;
