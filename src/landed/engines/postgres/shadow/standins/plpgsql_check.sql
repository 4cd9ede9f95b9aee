-- version: 2.7
CREATE FUNCTION plpgsql_check_function(funcoid regprocedure, relid regclass DEFAULT 0, format text DEFAULT 'text', fatal_errors boolean DEFAULT true) RETURNS SETOF text LANGUAGE sql AS $$ SELECT NULL::text WHERE false $$;
CREATE FUNCTION plpgsql_check_function(name text, relid regclass DEFAULT 0, format text DEFAULT 'text', fatal_errors boolean DEFAULT true) RETURNS SETOF text LANGUAGE sql AS $$ SELECT NULL::text WHERE false $$;
