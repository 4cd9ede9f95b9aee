-- What webhooks and the GraphQL endpoint add, and the ledger's own schema. net and cron are loose stand-ins.
CREATE FUNCTION graphql_public.graphql("operationName" text DEFAULT NULL, query text DEFAULT NULL, variables jsonb DEFAULT NULL, extensions jsonb DEFAULT NULL)
  RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$;
GRANT EXECUTE ON FUNCTION graphql_public.graphql TO postgres, anon, authenticated, service_role;
CREATE TABLE supabase_functions.migrations (version text PRIMARY KEY, inserted_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE supabase_functions.hooks (
  id bigserial PRIMARY KEY, hook_table_id integer NOT NULL, hook_name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  request_id bigint);
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = supabase_functions
  AS $$ BEGIN RETURN NEW; END $$;
DO $$
DECLARE
  change text;
BEGIN
  ALTER SCHEMA supabase_functions OWNER TO supabase_admin;
  FOR change IN
    SELECT format('ALTER TABLE %s OWNER TO supabase_functions_admin', oid::regclass) FROM pg_class
      WHERE relnamespace = 'supabase_functions'::regnamespace AND relkind = 'r'
    UNION ALL SELECT 'ALTER FUNCTION supabase_functions.http_request() OWNER TO supabase_functions_admin'
  LOOP
    EXECUTE change;
  END LOOP;
END $$;
GRANT ALL ON SCHEMA supabase_functions TO supabase_functions_admin;
GRANT ALL ON ALL TABLES IN SCHEMA supabase_functions TO postgres, anon, authenticated, service_role;
GRANT ALL ON ALL SEQUENCES IN SCHEMA supabase_functions TO postgres, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION supabase_functions.http_request() TO postgres, anon, authenticated, service_role;
