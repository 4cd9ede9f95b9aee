-- version: 0.3.3
-- Nothing is checked: every document matches.
CREATE FUNCTION json_matches_schema(schema json, instance json) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT true $$;
CREATE FUNCTION jsonb_matches_schema(schema json, instance jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT true $$;
CREATE FUNCTION jsonschema_is_valid(schema json) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT true $$;
CREATE FUNCTION jsonschema_validation_errors(schema json, instance json) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT '{}'::text[] $$;
