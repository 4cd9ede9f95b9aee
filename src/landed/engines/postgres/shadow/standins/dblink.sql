-- version: 1.2
-- relocatable: yes
-- Nobody is connected to: queries give no rows, commands are as if they had been run.
CREATE FUNCTION dblink_connect(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_connect(text, text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_connect_u(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_connect_u(text, text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
REVOKE ALL ON FUNCTION dblink_connect_u(text), dblink_connect_u(text, text) FROM PUBLIC;
CREATE FUNCTION dblink_disconnect() RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_disconnect(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_open(text, text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_open(text, text, boolean) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_open(text, text, text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_open(text, text, text, boolean) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_fetch(text, integer) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_fetch(text, integer, boolean) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_fetch(text, text, integer) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_fetch(text, text, integer, boolean) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_close(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_close(text, boolean) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_close(text, text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_close(text, text, boolean) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink(text) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink(text, boolean) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink(text, text) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink(text, text, boolean) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_exec(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_exec(text, boolean) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_exec(text, text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_exec(text, text, boolean) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE TYPE dblink_pkey_results AS (position integer, colname text);
CREATE FUNCTION dblink_get_pkey(text) RETURNS SETOF dblink_pkey_results LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_build_sql_insert(text, int2vector, integer, text[], text[]) RETURNS text LANGUAGE sql STRICT AS $$ SELECT '' $$;
CREATE FUNCTION dblink_build_sql_delete(text, int2vector, integer, text[]) RETURNS text LANGUAGE sql STRICT AS $$ SELECT '' $$;
CREATE FUNCTION dblink_build_sql_update(text, int2vector, integer, text[], text[]) RETURNS text LANGUAGE sql STRICT AS $$ SELECT '' $$;
CREATE FUNCTION dblink_current_query() RETURNS text LANGUAGE sql AS $$ SELECT pg_catalog.current_query() $$;
CREATE FUNCTION dblink_send_query(text, text) RETURNS integer LANGUAGE sql STRICT AS $$ SELECT 1 $$;
CREATE FUNCTION dblink_is_busy(text) RETURNS integer LANGUAGE sql STRICT AS $$ SELECT 0 $$;
CREATE FUNCTION dblink_get_result(text) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_get_result(text, boolean) RETURNS SETOF record LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_get_connections() RETURNS text[] LANGUAGE sql AS $$ SELECT NULL::text[] $$;
CREATE FUNCTION dblink_cancel_query(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_error_message(text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT 'OK' $$;
CREATE FUNCTION dblink_get_notify(OUT notify_name text, OUT be_pid integer, OUT extra text) RETURNS SETOF record
  LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_get_notify(conname text, OUT notify_name text, OUT be_pid integer, OUT extra text) RETURNS SETOF record
  LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION dblink_fdw_validator(options text[], catalog oid) RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FOREIGN DATA WRAPPER dblink_fdw VALIDATOR dblink_fdw_validator;
