-- version: 1.4.0
-- schema: pgtle
-- Extensions installed as SQL are remembered; CREATE EXTENSION of one fails, because no file is written.
CREATE TYPE pgtle.pg_tle_features AS ENUM ('passcheck', 'clientauth');
CREATE TYPE pgtle.password_types AS ENUM ('PASSWORD_TYPE_PLAINTEXT', 'PASSWORD_TYPE_MD5', 'PASSWORD_TYPE_SCRAM_SHA_256');
CREATE TABLE pgtle.feature_info (feature pgtle.pg_tle_features, schema_name text, proname text, obj_identity text, PRIMARY KEY (feature, schema_name, proname));
CREATE TABLE pgtle.standin_versions (name text, version text, description text, sql text, requires text[], is_default boolean DEFAULT false, PRIMARY KEY (name, version));
CREATE TABLE pgtle.standin_paths (name text, source text, target text, sql text, PRIMARY KEY (name, source, target));
CREATE FUNCTION pgtle.install_extension(name text, version text, description text, ext text, requires text[] DEFAULT NULL, encoding text DEFAULT NULL, schema text DEFAULT NULL)
  RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$ INSERT INTO pgtle.standin_versions
    SELECT $1, $2, $3, $4, $5, NOT EXISTS (SELECT FROM pgtle.standin_versions v WHERE v.name = $1) RETURNING true $$;
CREATE FUNCTION pgtle.install_extension_version_sql(name text, version text, ext text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ INSERT INTO pgtle.standin_versions (name, version, sql) VALUES ($1, $2, $3) RETURNING true $$;
CREATE FUNCTION pgtle.install_update_path(name text, fromvers text, tovers text, ext text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ INSERT INTO pgtle.standin_paths VALUES ($1, $2, $3, $4) RETURNING true $$;
CREATE FUNCTION pgtle.set_default_version(name text, version text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ UPDATE pgtle.standin_versions v SET is_default = (v.version = $2) WHERE v.name = $1; SELECT true $$;
CREATE FUNCTION pgtle.uninstall_extension(extname text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ DELETE FROM pgtle.standin_versions v WHERE v.name = $1; DELETE FROM pgtle.standin_paths p WHERE p.name = $1; SELECT true $$;
CREATE FUNCTION pgtle.uninstall_extension(extname text, version text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ DELETE FROM pgtle.standin_versions v WHERE v.name = $1 AND v.version = $2; SELECT true $$;
CREATE FUNCTION pgtle.uninstall_extension_if_exists(extname text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ SELECT pgtle.uninstall_extension($1) $$;
CREATE FUNCTION pgtle.uninstall_update_path(extname text, fromvers text, tovers text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ DELETE FROM pgtle.standin_paths p WHERE p.name = $1 AND p.source = $2 AND p.target = $3; SELECT true $$;
CREATE FUNCTION pgtle.available_extensions(OUT name name, OUT default_version text, OUT comment text) RETURNS SETOF record LANGUAGE sql STABLE
  AS $$ SELECT v.name::name, v.version, v.description FROM pgtle.standin_versions v WHERE v.is_default $$;
CREATE FUNCTION pgtle.available_extension_versions(OUT name name, OUT version text, OUT superuser boolean, OUT trusted boolean, OUT relocatable boolean, OUT schema name, OUT requires name[], OUT comment text)
  RETURNS SETOF record LANGUAGE sql STABLE
  AS $$ SELECT v.name::name, v.version, false, false, false, NULL::name, v.requires::name[], v.description FROM pgtle.standin_versions v $$;
CREATE FUNCTION pgtle.extension_update_paths(name name, OUT source text, OUT target text, OUT path text) RETURNS SETOF record LANGUAGE sql STABLE
  AS $$ SELECT p.source, p.target, p.source || '--' || p.target FROM pgtle.standin_paths p WHERE p.name = $1::text $$;
CREATE FUNCTION pgtle.register_feature(proc regproc, feature pgtle.pg_tle_features) RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION pgtle.unregister_feature(proc regproc, feature pgtle.pg_tle_features) RETURNS void LANGUAGE sql AS $$ SELECT $$;
DO $$
BEGIN
  IF to_regrole('pgtle_admin') IS NOT NULL THEN
    GRANT USAGE, CREATE ON SCHEMA pgtle TO pgtle_admin;
    GRANT ALL ON ALL TABLES IN SCHEMA pgtle TO pgtle_admin;
    GRANT pgtle_admin TO postgres;
  END IF;
  GRANT USAGE ON SCHEMA pgtle TO PUBLIC;
  GRANT SELECT ON ALL TABLES IN SCHEMA pgtle TO PUBLIC;
END $$;
