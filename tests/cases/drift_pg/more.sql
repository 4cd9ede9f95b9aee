-- More of them. What stands after "setup" is there on both sides; the change comes after "change".
-- pair: identity increment
-- expect: sequence app.customers_id_seq · increment
ALTER TABLE customers ALTER id SET INCREMENT BY 5;
-- pair: identity cycle
-- expect: sequence app.customers_id_seq · cycle
ALTER TABLE customers ALTER id SET CYCLE;
-- pair: identity sequence renamed
-- expect: sequence app.customers_id_seq *
-- expect: sequence app.cust_seq *
ALTER SEQUENCE customers_id_seq RENAME TO cust_seq;
-- pair: statistics zero
-- expect: column app.customers.note · statistics target
ALTER TABLE customers ALTER note SET STATISTICS 0;
-- pair: n_distinct_inherited
-- expect: column app.animals.name · n_distinct_inherited
ALTER TABLE animals ALTER name SET (n_distinct_inherited = -0.5);
-- pair: virtual generated
-- major: 18
-- expect: column app.w.b · generated
-- setup
CREATE TABLE w (a int, b int GENERATED ALWAYS AS (a) STORED);
-- change
ALTER TABLE w DROP b; ALTER TABLE w ADD b int GENERATED ALWAYS AS (a) VIRTUAL;
-- pair: virtual generated expression
-- major: 18
-- expect: column app.w.b · expression
-- setup
CREATE TABLE w (a int, b int GENERATED ALWAYS AS (a) VIRTUAL);
-- change
ALTER TABLE w ALTER b SET EXPRESSION AS (a + 1);
-- pair: not null no inherit
-- major: 18
-- expect: constraint app.w.w_a_not_null *
-- setup
CREATE TABLE w (a int NOT NULL);
-- change
ALTER TABLE w ALTER CONSTRAINT w_a_not_null NO INHERIT;
-- pair: not null no inherit new
-- major: 18
-- expect: column app.dogs.name · not null
-- expect: constraint app.dogs.x *
ALTER TABLE dogs ADD CONSTRAINT x NOT NULL name NO INHERIT;
-- pair: comment on a not null
-- major: 18
-- expect: constraint app.w.w_a_not_null · comment
-- setup
CREATE TABLE w (a int NOT NULL);
-- change
COMMENT ON CONSTRAINT w_a_not_null ON w IS 'x';
-- pair: interval fields
-- expect: column app.w.a · type
-- setup
CREATE TABLE w (a interval);
-- change
ALTER TABLE w ALTER a TYPE interval year to month;
-- pair: domain check comment
-- expect: constraint app.positive.positive_check · comment
COMMENT ON CONSTRAINT positive_check ON DOMAIN positive IS 'x';
-- pair: domain default expression
-- expect: domain app.label · default
-- setup
ALTER DOMAIN label SET DEFAULT 'x';
-- change
ALTER DOMAIN label SET DEFAULT upper('x');
-- pair: range collation
-- expect: range type app.r · range collation
-- setup
CREATE TYPE r AS RANGE (subtype = text);
-- change
DROP TYPE r; CREATE TYPE r AS RANGE (subtype = text, collation = "C");
-- pair: range operator class
-- expect: range type app.r · operator class
-- setup
CREATE TYPE r AS RANGE (subtype = text);
-- change
DROP TYPE r; CREATE TYPE r AS RANGE (subtype = text, subtype_opclass = text_pattern_ops);
-- pair: multirange renamed
-- expect: range type app.span · multirange
ALTER TYPE span_multirange RENAME TO spans;
-- pair: composite attribute order
-- expect: composite type app.c · column order
-- setup
CREATE TYPE c AS (a int, b text);
-- change
DROP TYPE c; CREATE TYPE c AS (b text, a int);
-- pair: composite attribute collation
-- expect: attribute app.c.b · collation
-- setup
CREATE TYPE c AS (a int, b text);
-- change
ALTER TYPE c ALTER ATTRIBUTE b TYPE text COLLATE "C";
-- pair: composite attribute comment
-- expect: attribute app.address.city · comment
COMMENT ON COLUMN address.city IS 'x';
-- pair: enum order only
-- expect: enum app.e · values
-- setup
CREATE TYPE e AS ENUM ('a', 'b');
-- change
DROP TYPE e; CREATE TYPE e AS ENUM ('b', 'a');
-- pair: base type option
-- expect: type app.bt · definition
-- setup
CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE bt (INPUT = bt_in, OUTPUT = bt_out, STORAGE = extended);
-- change
ALTER TYPE bt SET (STORAGE = external);
-- pair: base type collatable
-- expect: type app.bt · definition
-- setup
CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE bt (INPUT = bt_in, OUTPUT = bt_out);
-- change
DROP TYPE bt CASCADE; CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE bt (INPUT = bt_in, OUTPUT = bt_out, COLLATABLE = true);
-- pair: base type analyze
-- expect: type app.bt · definition
-- setup
CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE bt (INPUT = bt_in, OUTPUT = bt_out);
-- change
ALTER TYPE bt SET (ANALYZE = range_typanalyze);
-- pair: base type subscript
-- expect: type app.bt · definition
-- setup
CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE bt (INPUT = bt_in, OUTPUT = bt_out);
-- change
ALTER TYPE bt SET (SUBSCRIPT = jsonb_subscript_handler);
-- pair: index nulls first
-- expect: index app.orders.orders_placed_idx · definition
DROP INDEX orders_placed_idx; CREATE INDEX orders_placed_idx ON orders (placed_at NULLS FIRST);
-- pair: index collation
-- expect: index app.customers.i · definition
-- setup
CREATE INDEX i ON customers (note);
-- change
DROP INDEX i; CREATE INDEX i ON customers (note COLLATE "C");
-- pair: index nulls not distinct
-- expect: index app.orders.orders_customer_placed_idx · definition
DROP INDEX orders_customer_placed_idx; CREATE UNIQUE INDEX orders_customer_placed_idx ON orders (customer_id, placed_at) NULLS NOT DISTINCT;
-- pair: index operator class option
-- expect: index app.w.i · definition
-- setup
CREATE TABLE w (a tsvector); CREATE INDEX i ON w USING gist (a);
-- change
DROP INDEX i; CREATE INDEX i ON w USING gist (a tsvector_ops (siglen = 100));
-- pair: index brin option
-- expect: index app.w.i · pages_per_range
-- setup
CREATE TABLE w (a int); CREATE INDEX i ON w USING brin (a);
-- change
ALTER INDEX i SET (pages_per_range = 64);
-- pair: index on only
-- expect: index app.parts_2024.parts_2024_n_idx *
-- expect: index app.parts.parts_n_idx · valid
DROP INDEX parts_n_idx; CREATE INDEX parts_n_idx ON ONLY parts (n);
-- pair: two indexes of expressions and their targets
-- expect: index app.w.i · statistics target
-- setup
CREATE TABLE w (a text); CREATE INDEX i ON w (lower(a), upper(a)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 50;
-- change
ALTER INDEX i ALTER COLUMN 2 SET STATISTICS 60;
-- pair: comment on the index of a constraint
-- expect: constraint app.orders.orders_pkey · index comment
COMMENT ON INDEX orders_pkey IS 'x';
-- pair: comment on the index of a constraint instead of it
-- expect: constraint app.orders.orders_pkey · index comment
-- expect: constraint app.orders.orders_pkey · comment
-- setup
COMMENT ON INDEX orders_pkey IS 'x';
-- change
COMMENT ON INDEX orders_pkey IS NULL; COMMENT ON CONSTRAINT orders_pkey ON orders IS 'x';
-- pair: clustered on a constraint's index
-- expect: constraint app.orders.orders_pkey · clustered
ALTER TABLE orders CLUSTER ON orders_pkey;
-- pair: replica identity by another index
-- expect: index app.w.i · replica identity
-- expect: index app.w.j · replica identity
-- setup
CREATE TABLE w (a int NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX i ON w (a); CREATE UNIQUE INDEX j ON w (b); ALTER TABLE w REPLICA IDENTITY USING INDEX i;
-- change
ALTER TABLE w REPLICA IDENTITY USING INDEX j;
-- pair: exclusion predicate
-- expect: constraint app.orders.orders_during_excl · definition
ALTER TABLE orders DROP CONSTRAINT orders_during_excl, ADD CONSTRAINT orders_during_excl EXCLUDE USING gist (during WITH &&) WHERE (id > 5);
-- pair: primary key includes
-- expect: constraint app.orders.orders_pkey · definition
ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD CONSTRAINT orders_pkey PRIMARY KEY (id) INCLUDE (amount);
-- pair: foreign key match full
-- expect: constraint app.orders.orders_customer_fkey · definition
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) MATCH FULL;
-- pair: foreign key set null of some columns
-- expect: constraint app.w.k · definition
-- setup
CREATE TABLE v (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE w (a int, b int, CONSTRAINT k FOREIGN KEY (a, b) REFERENCES v ON DELETE SET NULL);
-- change
ALTER TABLE w DROP CONSTRAINT k, ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES v ON DELETE SET NULL (b);
-- pair: check not enforced
-- major: 18
-- expect: constraint app.w.k · enforced
-- expect: constraint app.w.k · validated
-- setup
CREATE TABLE w (a int, CONSTRAINT k CHECK (a > 0));
-- change
ALTER TABLE w DROP CONSTRAINT k, ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED;
-- pair: temporal key
-- major: 18
-- expect: constraint app.w.k · definition
-- setup
CREATE TABLE w (a int4range, b daterange, CONSTRAINT k PRIMARY KEY (a, b));
-- change
ALTER TABLE w DROP CONSTRAINT k, ADD CONSTRAINT k PRIMARY KEY (a, b WITHOUT OVERLAPS);
-- pair: temporal foreign key
-- major: 18
-- expect: constraint app.x.f *
-- setup
CREATE TABLE w (a int4range, b daterange, CONSTRAINT k PRIMARY KEY (a, b WITHOUT OVERLAPS)); CREATE TABLE x (a int4range, b daterange);
-- change
ALTER TABLE x ADD CONSTRAINT f FOREIGN KEY (a, PERIOD b) REFERENCES w (a, PERIOD b);
-- pair: foreign key of one partition
-- expect: constraint app.parts_2024.k *
ALTER TABLE parts_2024 ADD CONSTRAINT k FOREIGN KEY (n) REFERENCES keyed;
-- pair: default of one partition
-- expect: column app.parts_2024.n · default
ALTER TABLE parts_2024 ALTER n SET DEFAULT 5;
-- pair: partitioned with a collation
-- expect: table app.w · partitioned by
-- setup
CREATE TABLE w (a text) PARTITION BY RANGE (a);
-- change
DROP TABLE w; CREATE TABLE w (a text) PARTITION BY RANGE (a COLLATE "C");
-- pair: hash partition modulus
-- expect: table app.w1 · partition bound
-- setup
CREATE TABLE w (a int) PARTITION BY HASH (a); CREATE TABLE w1 PARTITION OF w FOR VALUES WITH (MODULUS 2, REMAINDER 0);
-- change
ALTER TABLE w DETACH PARTITION w1; ALTER TABLE w ATTACH PARTITION w1 FOR VALUES WITH (MODULUS 4, REMAINDER 0);
-- pair: list partition of null
-- expect: table app.w1 · partition bound
-- setup
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- change
ALTER TABLE w DETACH PARTITION w1; ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1, NULL);
-- pair: partition becomes default
-- expect: table app.w1 · partition bound
-- setup
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- change
ALTER TABLE w DETACH PARTITION w1; ALTER TABLE w ATTACH PARTITION w1 DEFAULT;
-- pair: parents in another order
-- expect: table app.k · inherits
-- setup
CREATE TABLE p1 (a int); CREATE TABLE p2 (a int); CREATE TABLE k () INHERITS (p1, p2);
-- change
ALTER TABLE k NO INHERIT p1; ALTER TABLE k INHERIT p1;
-- pair: access method
-- expect: table app.dogs · access method
-- setup
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
-- change
ALTER TABLE dogs SET ACCESS METHOD heap2;
-- pair: trigger transition table
-- expect: trigger app.w.t · definition
-- setup
CREATE TABLE w (a int); CREATE TRIGGER t AFTER INSERT ON w FOR EACH STATEMENT EXECUTE FUNCTION touch();
-- change
CREATE OR REPLACE TRIGGER t AFTER INSERT ON w REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION touch();
-- pair: trigger arguments
-- expect: trigger app.w.t · definition
-- setup
CREATE TABLE w (a int); CREATE TRIGGER t AFTER INSERT ON w FOR EACH ROW EXECUTE FUNCTION touch('a');
-- change
CREATE OR REPLACE TRIGGER t AFTER INSERT ON w FOR EACH ROW EXECUTE FUNCTION touch('b');
-- pair: trigger disabled on one partition
-- expect: trigger app.parts_2024.t *
-- setup
CREATE TRIGGER t BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION touch();
-- change
ALTER TABLE parts_2024 DISABLE TRIGGER t;
-- pair: constraint trigger from another table
-- expect: trigger app.w.t · definition
-- setup
CREATE TABLE w (a int); CREATE CONSTRAINT TRIGGER t AFTER INSERT ON w FOR EACH ROW EXECUTE FUNCTION touch();
-- change
DROP TRIGGER t ON w; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON w FROM orders FOR EACH ROW EXECUTE FUNCTION touch();
-- pair: event trigger at login
-- major: 17
-- expect: event trigger l *
CREATE EVENT TRIGGER l ON login EXECUTE FUNCTION on_ddl();
-- pair: rule always
-- expect: rule app.dogs.quiet · enabled
ALTER TABLE dogs ENABLE ALWAYS RULE quiet;
-- pair: view local check
-- expect: view app.open_customers · check_option
-- setup
CREATE OR REPLACE VIEW open_customers WITH (check_option = cascaded) AS SELECT c.id, c.email FROM customers c WHERE c.state = 'open';
-- change
CREATE OR REPLACE VIEW open_customers WITH (check_option = local) AS SELECT c.id, c.email FROM customers c WHERE c.state = 'open';
-- pair: matview column renamed
-- expect: materialized view app.per_region · definition
-- expect: column app.per_region.n *
-- expect: column app.per_region.count *
ALTER MATERIALIZED VIEW per_region RENAME n TO count;
-- pair: matview storage
-- expect: column app.per_region.region · storage
ALTER MATERIALIZED VIEW per_region ALTER region SET STORAGE EXTERNAL;
-- pair: function argument names
-- expect: function app.f(integer) · arguments
-- setup
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- change
DROP FUNCTION f(int); CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- pair: function variadic
-- expect: function app.f(integer[]) · arguments
-- setup
CREATE FUNCTION f(a int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- change
DROP FUNCTION f; CREATE FUNCTION f(VARIADIC a int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- pair: function settings all gone
-- expect: function app.twice(integer) · set work_mem
-- expect: function app.twice(integer) · set search_path
-- setup
ALTER FUNCTION twice(int) SET work_mem = '1MB' SET search_path = a;
-- change
ALTER FUNCTION twice(int) RESET ALL;
-- pair: function support
-- expect: function app.twice(integer) · support
ALTER FUNCTION twice(int) SUPPORT generate_series_int4_support;
-- pair: transform
-- expect: transform (FOR app.address LANGUAGE plpgsql) *
CREATE TRANSFORM FOR address LANGUAGE plpgsql (FROM SQL WITH FUNCTION pg_catalog.varchar_support(internal));
-- pair: transform function
-- expect: transform (FOR app.address LANGUAGE plpgsql) · from SQL
-- setup
CREATE TRANSFORM FOR address LANGUAGE plpgsql (FROM SQL WITH FUNCTION pg_catalog.varchar_support(internal));
-- change
CREATE OR REPLACE TRANSFORM FOR address LANGUAGE plpgsql (FROM SQL WITH FUNCTION pg_catalog.numeric_support(internal));
-- pair: transform comment
-- expect: transform (FOR app.address LANGUAGE plpgsql) · comment
-- setup
CREATE TRANSFORM FOR address LANGUAGE plpgsql (FROM SQL WITH FUNCTION pg_catalog.varchar_support(internal));
-- change
COMMENT ON TRANSFORM FOR address LANGUAGE plpgsql IS 'x';
-- pair: access method made
-- expect: access method heap2 *
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
-- pair: access method comment
-- expect: access method heap2 · comment
-- setup
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
-- change
COMMENT ON ACCESS METHOD heap2 IS 'x';
-- pair: aggregate final modify
-- expect: aggregate app.total(integer) · final modify
-- setup
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = add_up, STYPE = integer, INITCOND = '0', FINALFUNC = twice);
-- change
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = add_up, STYPE = integer, INITCOND = '0', FINALFUNC = twice, FINALFUNC_MODIFY = READ_WRITE);
-- pair: aggregate moving
-- expect: aggregate app.total(integer) · moving state
-- setup
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
-- change
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MINITCOND = '0');
-- pair: aggregate sort operator
-- expect: aggregate app.total(integer) · sort operator
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = add_up, STYPE = integer, INITCOND = '0', SORTOP = <);
-- pair: operator merges
-- expect: operator app."==="(app.address, app.address) · merges
-- setup
DROP OPERATOR === (address, address); CREATE OPERATOR === (LEFTARG = address, RIGHTARG = address, FUNCTION = same, COMMUTATOR = ===);
-- change
DROP OPERATOR === (address, address); CREATE OPERATOR === (LEFTARG = address, RIGHTARG = address, FUNCTION = same, COMMUTATOR = ===, MERGES);
-- pair: operator class function
-- expect: operator family app.o USING hash · functions
-- setup
CREATE FUNCTION h(address) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE OPERATOR CLASS o FOR TYPE address USING hash AS OPERATOR 1 ===;
-- change
DROP OPERATOR CLASS o USING hash; CREATE OPERATOR CLASS o FOR TYPE address USING hash FAMILY o AS OPERATOR 1 ===, FUNCTION 1 h(address);
-- pair: operator class storage
-- expect: operator class app.o USING gist · storage
-- setup
CREATE OPERATOR CLASS o FOR TYPE address USING gist AS OPERATOR 1 ===;
-- change
DROP OPERATOR FAMILY o USING gist; CREATE OPERATOR CLASS o FOR TYPE address USING gist AS OPERATOR 1 ===, STORAGE box;
-- pair: operator family gains a function for other types
-- expect: operator family app.o USING btree · functions
-- setup
CREATE OPERATOR FAMILY o USING btree; ALTER OPERATOR FAMILY o USING btree ADD FUNCTION 4 (int4, int4) btequalimage(oid);
-- change
ALTER OPERATOR FAMILY o USING btree DROP FUNCTION 4 (int4, int4); ALTER OPERATOR FAMILY o USING btree ADD FUNCTION 4 (int8, int8) btequalimage(oid);
-- pair: operator strategy
-- expect: operator family app.o USING gist · operators
-- setup
CREATE OPERATOR FAMILY o USING gist; ALTER OPERATOR FAMILY o USING gist ADD OPERATOR 1 ===(address, address);
-- change
ALTER OPERATOR FAMILY o USING gist DROP OPERATOR 1 (address, address); ALTER OPERATOR FAMILY o USING gist ADD OPERATOR 2 ===(address, address);
-- pair: cast function
-- expect: cast (app.address AS integer) · method
-- setup
CREATE CAST (address AS integer) WITH INOUT; CREATE FUNCTION to_i(address) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- change
DROP CAST (address AS integer); CREATE CAST (address AS integer) WITH FUNCTION to_i(address);
-- pair: collation ctype
-- expect: collation app.plain_c · locale
DROP COLLATION plain_c; CREATE COLLATION plain_c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
-- pair: collation builtin
-- major: 17
-- expect: collation app.plain_c · provider
DROP COLLATION plain_c; CREATE COLLATION plain_c (provider = builtin, locale = 'C');
-- pair: text search dictionary order in a mapping
-- expect: text search configuration app.words · mappings
-- setup
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR word WITH plain_words, simple;
-- change
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR word WITH simple, plain_words;
-- pair: conversion default
-- expect: conversion app.c · default
-- setup
CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
-- change
DROP CONVERSION c; CREATE DEFAULT CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
-- pair: foreign server wrapper
-- expect: foreign server s · wrapper
-- setup
CREATE FOREIGN DATA WRAPPER w2; CREATE SERVER s FOREIGN DATA WRAPPER plain_wrapper;
-- change
DROP SERVER s; CREATE SERVER s FOREIGN DATA WRAPPER w2;
-- pair: user mapping for everybody
-- expect: user mapping remote.public *
CREATE USER MAPPING FOR PUBLIC SERVER remote OPTIONS ("user" 'x');
-- pair: foreign table column order
-- expect: foreign table app.far_away · column order
DROP FOREIGN TABLE far_away; CREATE FOREIGN TABLE far_away (name text, id integer OPTIONS (position '1')) SERVER remote OPTIONS (tab 'x');
-- pair: foreign partition
-- expect: foreign table app.fp **
-- setup
DROP INDEX parts_n_idx;
-- change
CREATE FOREIGN TABLE fp PARTITION OF parts FOR VALUES FROM ('2030-01-01') TO ('2031-01-01') SERVER remote;
-- pair: language trusted
-- expect: language l · trusted
-- setup
CREATE LANGUAGE l HANDLER plpgsql_call_handler;
-- change
CREATE OR REPLACE TRUSTED LANGUAGE l HANDLER plpgsql_call_handler;
-- pair: publication generated columns
-- major: 18
-- expect: publication feed · generated columns
ALTER PUBLICATION feed SET (publish_generated_columns = stored);
-- pair: statistics of an expression
-- expect: statistics app.s · definition
-- setup
CREATE STATISTICS s ON (lower(note)) FROM customers;
-- change
DROP STATISTICS s; CREATE STATISTICS s ON (upper(note)) FROM customers;
-- pair: sequence minimum of a descending one
-- expect: sequence app.s · minimum
-- setup
CREATE SEQUENCE s INCREMENT -1;
-- change
ALTER SEQUENCE s MINVALUE -1000;
-- pair: sequence owned by another column
-- expect: sequence app.ticket · owned by
-- setup
ALTER SEQUENCE ticket OWNED BY orders.id;
-- change
ALTER SEQUENCE ticket OWNED BY orders.customer_id;
-- pair: column grant option
-- expect: grant on column app.customers.email(SELECT to drift_a) · grant option
GRANT SELECT (email) ON customers TO drift_a WITH GRANT OPTION;
-- pair: public schema usage
-- expect: grant on schema public(USAGE to PUBLIC) · exists
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
-- pair: public schema comment
-- expect: schema public · comment
COMMENT ON SCHEMA public IS 'mine';
-- pair: default privileges on types
-- expect: default revocation (owner)(USAGE on types from PUBLIC) · exists
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
-- pair: default privileges with grant option
-- expect: default privileges (owner) in schema other(SELECT on tables to drift_a) · grant option
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO drift_a WITH GRANT OPTION;
-- pair: default privileges of the owner revoked
-- expect: default revocation (owner)(DELETE on tables from (owner)) · exists
ALTER DEFAULT PRIVILEGES REVOKE DELETE ON TABLES FROM CURRENT_USER;
-- pair: default privileges on large objects
-- major: 18
-- expect: default privileges (owner)(SELECT on large objects to drift_a) · exists
ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO drift_a;
-- pair: default with another cast
-- expect: column app.w.a · default
-- setup
CREATE TABLE w (a numeric DEFAULT 1.0);
-- change
ALTER TABLE w ALTER a SET DEFAULT 1.00;
-- pair: function argument type of another schema
-- expect: function app.f(app.status) *
-- expect: function app.f(other.status) *
-- setup
CREATE TYPE other.status AS ENUM ('new'); CREATE FUNCTION f(app.status) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- change
DROP FUNCTION f; CREATE FUNCTION f(other.status) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- pair: two columns swap names
-- expect: table app.w · column order
-- expect: column app.w.a · type
-- expect: column app.w.b · type
-- setup
CREATE TABLE w (a int, b text);
-- change
ALTER TABLE w RENAME a TO x; ALTER TABLE w RENAME b TO a; ALTER TABLE w RENAME x TO b;
-- pair: subscription
-- expect: subscription s *
CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
-- pair: subscription to other publications
-- expect: subscription s · publications
-- setup
CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
-- change
ALTER SUBSCRIPTION s SET PUBLICATION r, q WITH (refresh = false);
-- pair: subscription switched on
-- expect: subscription s · enabled
-- setup
CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
-- change
ALTER SUBSCRIPTION s ENABLE;
-- pair: subscription options
-- expect: subscription s · binary
-- expect: subscription s · streaming
-- setup
CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
-- change
ALTER SUBSCRIPTION s SET (binary = true, streaming = on);
-- pair: subscription renamed
-- expect: subscription s *
-- expect: subscription t *
-- setup
CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = 'x');
-- change
ALTER SUBSCRIPTION s RENAME TO t;
-- pair: subscription dropped
-- expect: subscription s *
-- setup
CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- change
DROP SUBSCRIPTION s;
