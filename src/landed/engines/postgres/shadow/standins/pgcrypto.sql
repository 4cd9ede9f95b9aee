-- version: 1.3
-- relocatable: yes
-- Signatures of pgcrypto. SHA-2, MD5 and HMAC are right; the rest is well-formed, reversible and no secret.
CREATE FUNCTION digest(bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE replace(lower($2), '-', '')
    WHEN 'md5' THEN decode(md5($1), 'hex') WHEN 'sha224' THEN sha224($1) WHEN 'sha256' THEN sha256($1)
    WHEN 'sha384' THEN sha384($1) WHEN 'sha512' THEN sha512($1)
    WHEN 'sha1' THEN substring(sha256($1), 1, 20) END;
END $$;
CREATE FUNCTION digest(text, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE d bytea := convert_to($1, 'UTF8');
BEGIN
  RETURN CASE replace(lower($2), '-', '')
    WHEN 'md5' THEN decode(md5(d), 'hex') WHEN 'sha224' THEN sha224(d) WHEN 'sha256' THEN sha256(d)
    WHEN 'sha384' THEN sha384(d) WHEN 'sha512' THEN sha512(d) WHEN 'sha1' THEN substring(sha256(d), 1, 20) END;
END $$;
CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  kind text := replace(lower($3), '-', '');
  size int := CASE WHEN kind IN ('sha384', 'sha512') THEN 128 ELSE 64 END;
  k bytea := $2;
  inner_pad bytea := ''; outer_pad bytea := ''; d bytea; pass int;
BEGIN
  FOR pass IN 0..2 LOOP
    IF pass = 0 THEN CONTINUE WHEN length(k) <= size; d := k;
    ELSIF pass = 1 THEN
      k := k || decode(repeat('00', size - length(k)), 'hex');
      FOR i IN 0..size - 1 LOOP
        inner_pad := inner_pad || set_byte('\x00', 0, get_byte(k, i) # 54);
        outer_pad := outer_pad || set_byte('\x00', 0, get_byte(k, i) # 92);
      END LOOP;
      d := inner_pad || $1;
    ELSE d := outer_pad || d;
    END IF;
    d := CASE kind WHEN 'md5' THEN decode(md5(d), 'hex') WHEN 'sha224' THEN sha224(d)
      WHEN 'sha384' THEN sha384(d) WHEN 'sha512' THEN sha512(d) WHEN 'sha256' THEN sha256(d)
      ELSE substring(sha256(d), 1, 20) END;
    IF pass = 0 THEN k := d; END IF;
  END LOOP;
  RETURN d;
END $$;
-- A relocatable extension cannot name its own schema in advance.
CREATE FUNCTION hmac(text, text, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  code bytea;
BEGIN
  EXECUTE pg_catalog.format('SELECT %s.hmac($1, $2, $3)', (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pgcrypto'))
    INTO code USING convert_to($1, 'UTF8'), convert_to($2, 'UTF8'), $3;
  RETURN code;
END $$;
CREATE FUNCTION gen_salt(text) RETURNS text LANGUAGE sql VOLATILE STRICT PARALLEL SAFE AS
  $$ SELECT CASE lower($1) WHEN 'bf' THEN '$2a$06$' WHEN 'md5' THEN '$1$' WHEN 'xdes' THEN '_J9..' ELSE '' END
     || left(md5(random()::text), CASE lower($1) WHEN 'bf' THEN 22 WHEN 'md5' THEN 8 WHEN 'xdes' THEN 4 ELSE 2 END) $$;
CREATE FUNCTION gen_salt(text, integer) RETURNS text LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
  AS $$ SELECT CASE WHEN lower($1) = 'bf' THEN '$2a$' || lpad($2::text, 2, '0') || '$' || left(md5(random()::text), 22)
               ELSE CASE lower($1) WHEN 'md5' THEN '$1$' WHEN 'xdes' THEN '_J9..' ELSE '' END || left(md5(random()::text), 8) END $$;
CREATE FUNCTION crypt(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT s || left(translate(encode(sha256(convert_to($1 || s, 'UTF8')), 'base64'), '+=', './'), 31)
        FROM (SELECT left($2, CASE WHEN $2 LIKE '$2%' THEN 29 WHEN $2 LIKE '$1$%' THEN 11 ELSE 2 END) s) x $$;
CREATE FUNCTION encrypt(bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION decrypt(bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION encrypt_iv(bytea, bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION decrypt_iv(bytea, bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION gen_random_bytes(integer) RETURNS bytea LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
  AS $$ SELECT substring(string_agg(decode(replace(pg_catalog.gen_random_uuid()::text, '-', ''), 'hex'), ''), 1, $1)
        FROM generate_series(0, $1 / 16) $$;
CREATE FUNCTION gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$ SELECT pg_catalog.gen_random_uuid() $$;
CREATE FUNCTION pgp_sym_encrypt(text, text) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT convert_to($1, 'UTF8') $$;
CREATE FUNCTION pgp_sym_encrypt(text, text, text) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT convert_to($1, 'UTF8') $$;
CREATE FUNCTION pgp_sym_encrypt_bytea(bytea, text) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_sym_encrypt_bytea(bytea, text, text) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_sym_decrypt(bytea, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_from($1, 'UTF8') $$;
CREATE FUNCTION pgp_sym_decrypt(bytea, text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_from($1, 'UTF8') $$;
CREATE FUNCTION pgp_sym_decrypt_bytea(bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_sym_decrypt_bytea(bytea, text, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_pub_encrypt(text, bytea) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT convert_to($1, 'UTF8') $$;
CREATE FUNCTION pgp_pub_encrypt(text, bytea, text) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT convert_to($1, 'UTF8') $$;
CREATE FUNCTION pgp_pub_encrypt_bytea(bytea, bytea) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_pub_encrypt_bytea(bytea, bytea, text) RETURNS bytea LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_pub_decrypt(bytea, bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_from($1, 'UTF8') $$;
CREATE FUNCTION pgp_pub_decrypt(bytea, bytea, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_from($1, 'UTF8') $$;
CREATE FUNCTION pgp_pub_decrypt(bytea, bytea, text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_from($1, 'UTF8') $$;
CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea, text, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION pgp_key_id(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT upper(left(md5($1), 16)) $$;
CREATE FUNCTION armor(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT encode($1, 'base64') $$;
CREATE FUNCTION armor(bytea, text[], text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT encode($1, 'base64') $$;
CREATE FUNCTION dearmor(text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT decode($1, 'base64') $$;
CREATE FUNCTION pgp_armor_headers(text, OUT key text, OUT value text) RETURNS SETOF record LANGUAGE sql IMMUTABLE STRICT
  AS $$ SELECT NULL::text, NULL::text WHERE false $$;
