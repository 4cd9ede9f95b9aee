-- version: 1.3
-- relocatable: yes
CREATE FUNCTION id_encode(bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT to_hex($1) $$;
CREATE FUNCTION id_encode(bigint, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT to_hex($1) $$;
CREATE FUNCTION id_encode(bigint, text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT lpad(to_hex($1), $3, '0') $$;
CREATE FUNCTION id_encode(bigint, text, integer, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT lpad(to_hex($1), $3, '0') $$;
CREATE FUNCTION id_decode(text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ARRAY[0::bigint] $$;
CREATE FUNCTION id_decode(text, text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ARRAY[0::bigint] $$;
CREATE FUNCTION id_decode(text, text, integer) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ARRAY[0::bigint] $$;
CREATE FUNCTION id_decode_once(text, text, integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT 0::bigint $$;
