CREATE EXTENSION hstore; CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm;
CREATE EXTENSION ltree CASCADE; CREATE EXTENSION intarray; CREATE EXTENSION tablefunc; CREATE EXTENSION unaccent; CREATE EXTENSION fuzzystrmatch;
CREATE TABLE things (id int PRIMARY KEY, tags hstore, name citext UNIQUE, path ltree, during int4range, EXCLUDE USING gist (id WITH =, during WITH &&));
CREATE INDEX things_name ON things USING gin ((name::text) gin_trgm_ops); COMMENT ON EXTENSION hstore IS 'pairs'; DROP EXTENSION intarray;
