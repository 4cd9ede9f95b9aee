-- version: 1.5.11
-- schema: graphql
CREATE SEQUENCE graphql.seq_schema_version AS integer CYCLE;
CREATE FUNCTION graphql.increment_schema_version() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
  AS $$ BEGIN PERFORM nextval('graphql.seq_schema_version'); END $$;
CREATE FUNCTION graphql.get_schema_version() RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$ SELECT last_value::integer FROM graphql.seq_schema_version $$;
CREATE FUNCTION graphql._internal_resolve(query text, variables jsonb DEFAULT '{}', "operationName" text DEFAULT NULL, extensions jsonb DEFAULT NULL)
  RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$;
CREATE FUNCTION graphql.resolve(query text, variables jsonb DEFAULT '{}', "operationName" text DEFAULT NULL, extensions jsonb DEFAULT NULL)
  RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$;
CREATE FUNCTION graphql.comment_directive(comment_ text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT '{}'::jsonb $$;
CREATE FUNCTION graphql.exception(message text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING errcode = '22000', message = message; END $$;
