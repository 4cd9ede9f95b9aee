-- version: 0.14.0
-- loose: net
CREATE SCHEMA net;
CREATE TYPE net.http_method AS ENUM ('GET', 'POST', 'DELETE');
CREATE TYPE net.request_status AS ENUM ('PENDING', 'SUCCESS', 'ERROR');
CREATE TYPE net.http_response AS (status_code integer, headers jsonb, body text);
CREATE TYPE net.http_response_result AS (status net.request_status, message text, response net.http_response);
CREATE UNLOGGED TABLE net.http_request_queue (
  id bigserial, method text NOT NULL, url text NOT NULL, headers jsonb, body bytea, timeout_milliseconds integer NOT NULL);
CREATE UNLOGGED TABLE net._http_response (
  id bigint, status_code integer, content_type text, headers jsonb, content text, timed_out boolean, error_msg text,
  created timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION net.http_get(url text, params jsonb DEFAULT '{}', headers jsonb DEFAULT '{}', timeout_milliseconds integer DEFAULT 5000)
  RETURNS bigint LANGUAGE sql STRICT AS $$ SELECT 0::bigint $$;
CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}', headers jsonb DEFAULT '{"Content-Type": "application/json"}', timeout_milliseconds integer DEFAULT 5000)
  RETURNS bigint LANGUAGE sql AS $$ SELECT 0::bigint $$;
CREATE FUNCTION net.http_delete(url text, params jsonb DEFAULT '{}', headers jsonb DEFAULT '{}', timeout_milliseconds integer DEFAULT 5000, body jsonb DEFAULT NULL)
  RETURNS bigint LANGUAGE sql AS $$ SELECT 0::bigint $$;
CREATE FUNCTION net._await_response(request_id bigint) RETURNS boolean LANGUAGE sql STRICT AS $$ SELECT false $$;
CREATE FUNCTION net._urlencode_string(string character varying) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT string::text $$;
CREATE FUNCTION net._encode_url_with_params_array(url text, params_array text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT url $$;
CREATE FUNCTION net._http_collect_response(request_id bigint, async boolean DEFAULT true) RETURNS net.http_response_result
  LANGUAGE sql STRICT AS $$ SELECT NULL::net.http_response_result $$;
CREATE FUNCTION net.http_collect_response(request_id bigint, async boolean DEFAULT true) RETURNS net.http_response_result
  LANGUAGE sql STRICT AS $$ SELECT NULL::net.http_response_result $$;
CREATE FUNCTION net.check_worker_is_up() RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION net.worker_restart() RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
DO $$
BEGIN
  IF to_regrole('anon') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA net TO postgres, anon, authenticated, service_role, supabase_functions_admin;
    GRANT ALL ON ALL TABLES IN SCHEMA net TO postgres, anon, authenticated, service_role;
  END IF;
END $$;
