-- version: 0.2.0
-- requires: pgcrypto
CREATE FUNCTION url_encode(data bytea) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT translate(encode(data, 'base64'), E'+/=\n', '-_') $$;
CREATE FUNCTION url_decode(data text) RETURNS bytea LANGUAGE sql IMMUTABLE
  AS $$ SELECT decode(translate(data, '-_', '+/') || repeat('=', (4 - length(data) % 4) % 4), 'base64') $$;
DO $$
BEGIN
  EXECUTE pg_catalog.format(
    'CREATE FUNCTION @extschema@.algorithm_sign(signables text, secret text, algorithm text) RETURNS text LANGUAGE sql IMMUTABLE '
    'AS %L', pg_catalog.format('SELECT @extschema@.url_encode(%s.hmac(signables, secret, '
      'CASE algorithm WHEN ''HS384'' THEN ''sha384'' WHEN ''HS512'' THEN ''sha512'' ELSE ''sha256'' END))',
      (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pgcrypto')));
END $$;
CREATE FUNCTION sign(payload json, secret text, algorithm text DEFAULT 'HS256') RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT s || '.' || @extschema@.algorithm_sign(s, secret, algorithm)
        FROM (SELECT @extschema@.url_encode(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8')) || '.'
                  || @extschema@.url_encode(convert_to(payload::text, 'utf8')) s) h $$;
CREATE FUNCTION try_cast_double(inp text) RETURNS double precision LANGUAGE plpgsql IMMUTABLE
  AS $$ BEGIN RETURN inp::double precision; EXCEPTION WHEN others THEN RETURN NULL; END $$;
CREATE FUNCTION verify(token text, secret text, algorithm text DEFAULT 'HS256')
  RETURNS TABLE (header json, payload json, valid boolean) LANGUAGE sql IMMUTABLE
  AS $$ SELECT convert_from(@extschema@.url_decode(p[1]), 'utf8')::json, convert_from(@extschema@.url_decode(p[2]), 'utf8')::json,
          p[3] = @extschema@.algorithm_sign(p[1] || '.' || p[2], secret, algorithm) FROM regexp_split_to_array(token, '\.') p $$;
