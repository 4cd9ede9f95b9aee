-- version: 3.1.8
-- schema: pgsodium
CREATE TYPE pgsodium.key_status AS ENUM ('default', 'valid', 'invalid', 'expired');
CREATE TYPE pgsodium.key_type AS ENUM ('aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox', 'secretstream', 'stream_xchacha20');
CREATE TYPE pgsodium.crypto_box_keypair AS (public bytea, secret bytea);
CREATE TABLE pgsodium.key (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), status pgsodium.key_status DEFAULT 'valid', created timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires timestamptz, key_type pgsodium.key_type, key_id bigserial, key_context bytea DEFAULT '\x7067736f6469756d', name text UNIQUE,
  associated_data text DEFAULT 'associated', raw_key bytea, raw_key_nonce bytea, parent_key uuid REFERENCES pgsodium.key (id), comment text, user_data text);
CREATE VIEW pgsodium.valid_key AS
  SELECT id, name, status, key_type, key_id, key_context, created, expires, associated_data FROM pgsodium.key
  WHERE status IN ('valid', 'default') AND (expires IS NULL OR expires > now());
CREATE FUNCTION pgsodium.create_key(key_type pgsodium.key_type DEFAULT 'aead-det', name text DEFAULT NULL, raw_key bytea DEFAULT NULL, raw_key_nonce bytea DEFAULT NULL, parent_key uuid DEFAULT NULL, key_context bytea DEFAULT '\x7067736f6469756d', expires timestamptz DEFAULT NULL, associated_data text DEFAULT '')
  RETURNS pgsodium.valid_key LANGUAGE sql SECURITY DEFINER AS
  $$ INSERT INTO pgsodium.key (key_type, name) VALUES ($1, $2)
     RETURNING id, name, status, key_type, key_id, key_context, created, expires, associated_data $$;
CREATE FUNCTION pgsodium.randombytes_buf(size integer) RETURNS bytea LANGUAGE sql AS $$ SELECT substring(sha512(convert_to(random()::text, 'UTF8')), 1, size) $$;
CREATE FUNCTION pgsodium.crypto_aead_det_keygen() RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(convert_to(random()::text, 'UTF8')) $$;
CREATE FUNCTION pgsodium.crypto_aead_det_noncegen() RETURNS bytea LANGUAGE sql AS $$ SELECT substring(sha256(convert_to(random()::text, 'UTF8')), 1, 16) $$;
CREATE FUNCTION pgsodium.crypto_aead_det_encrypt(plaintext bytea, additional bytea, key bytea, nonce bytea DEFAULT NULL) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT plaintext $$;
CREATE FUNCTION pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT message $$;
CREATE FUNCTION pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT message $$;
CREATE FUNCTION pgsodium.crypto_aead_det_decrypt(ciphertext bytea, additional bytea, key bytea, nonce bytea DEFAULT NULL) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT ciphertext $$;
CREATE FUNCTION pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT message $$;
CREATE FUNCTION pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT message $$;
CREATE FUNCTION pgsodium.crypto_secretbox_keygen() RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(convert_to(random()::text, 'UTF8')) $$;
CREATE FUNCTION pgsodium.crypto_secretbox_noncegen() RETURNS bytea LANGUAGE sql AS $$ SELECT substring(sha256(convert_to(random()::text, 'UTF8')), 1, 24) $$;
CREATE FUNCTION pgsodium.derive_key(key_id bigint, key_len integer DEFAULT 32, context bytea DEFAULT '\x7067736f6469756d') RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(convert_to(key_id::text, 'UTF8')) $$;
DO $$
BEGIN
  IF to_regrole('pgsodium_keymaker') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA pgsodium TO pgsodium_keyiduser, pgsodium_keyholder, pgsodium_keymaker, postgres, service_role;
    GRANT ALL ON ALL TABLES IN SCHEMA pgsodium TO pgsodium_keymaker;
    GRANT SELECT ON pgsodium.valid_key TO pgsodium_keyiduser, postgres;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgsodium TO pgsodium_keymaker, service_role, postgres;
  END IF;
END $$;
