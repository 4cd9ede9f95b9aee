-- The schema that every pair starts from. Roles drift_a and drift_b are there before.
CREATE SCHEMA app;
CREATE SCHEMA other;
SET search_path = app;

CREATE TYPE status AS ENUM ('new', 'open', 'closed');
CREATE DOMAIN positive AS integer CONSTRAINT positive_check CHECK (VALUE > 0);
CREATE DOMAIN label AS text;
CREATE TYPE address AS (street text, city varchar(20));
CREATE TYPE span AS RANGE (subtype = integer);
CREATE SEQUENCE ticket;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE FUNCTION touch_too() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION many(n integer) RETURNS SETOF integer LANGUAGE sql AS 'SELECT n';
CREATE FUNCTION add_up(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION same(a address, b address) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE clean() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total (integer) (SFUNC = add_up, STYPE = integer, INITCOND = '0');

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY,
    email text NOT NULL,
    name varchar(40) DEFAULT 'nobody',
    note text,
    region text COLLATE "C",
    state status NOT NULL DEFAULT 'new',
    score integer,
    doubled integer GENERATED ALWAYS AS (score * 2) STORED,
    CONSTRAINT customers_pkey PRIMARY KEY (id),
    CONSTRAINT customers_email_key UNIQUE (email),
    CONSTRAINT customers_score_check CHECK (score >= 0)
);
CREATE TABLE orders (
    id integer NOT NULL,
    customer_id bigint,
    amount numeric(10, 2),
    placed_at timestamptz DEFAULT now(),
    during int4range,
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES customers (id),
    CONSTRAINT orders_during_excl EXCLUDE USING gist (during WITH &&)
);
CREATE INDEX orders_placed_idx ON orders (placed_at);
CREATE INDEX orders_amount_idx ON orders (amount) WHERE amount > 100;
CREATE UNIQUE INDEX orders_customer_placed_idx ON orders (customer_id, placed_at);
CREATE INDEX customers_lower_idx ON customers (lower(email));
CREATE TABLE parts (day date NOT NULL, n integer) PARTITION BY RANGE (day);
CREATE TABLE parts_2024 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE parts_2026 (day date NOT NULL, n integer);
CREATE INDEX parts_n_idx ON parts (n);
CREATE TABLE animals (name text);
CREATE TABLE cats (lives integer) INHERITS (animals);
CREATE TABLE dogs (name text);

CREATE VIEW open_customers AS SELECT c.id, c.email FROM customers c WHERE c.state = 'open';
CREATE VIEW big_orders AS
    SELECT o.id, c.email, o.amount FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount > 10;
CREATE MATERIALIZED VIEW per_region AS SELECT region, count(*) AS n FROM customers GROUP BY region;
CREATE INDEX per_region_idx ON per_region (region);
CREATE RULE quiet AS ON DELETE TO dogs DO INSTEAD NOTHING;

CREATE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
CREATE CONSTRAINT TRIGGER orders_check AFTER INSERT ON orders DEFERRABLE FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON customers FOR SELECT TO drift_a USING (id = 1);
CREATE POLICY insert_own ON customers FOR INSERT TO drift_a WITH CHECK (score > 0);
CREATE STATISTICS customers_stats (dependencies) ON region, state FROM customers;
CREATE EVENT TRIGGER audit_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_ddl();
CREATE PUBLICATION feed FOR TABLE orders;
CREATE FOREIGN DATA WRAPPER plain_wrapper;
CREATE SERVER remote TYPE 'a' FOREIGN DATA WRAPPER plain_wrapper OPTIONS (host 'one', password 'hidden');
CREATE USER MAPPING FOR drift_a SERVER remote OPTIONS ("user" 'joe', password 'hidden');
CREATE FOREIGN TABLE far_away (id integer OPTIONS (position '1'), name text) SERVER remote OPTIONS (tab 'x');
CREATE OPERATOR === (LEFTARG = address, RIGHTARG = address, FUNCTION = same);
CREATE CAST (text AS positive) WITH INOUT;
CREATE TEXT SEARCH CONFIGURATION words (COPY = pg_catalog.simple);
CREATE TEXT SEARCH DICTIONARY plain_words (TEMPLATE = pg_catalog.simple);
CREATE COLLATION plain_c (provider = libc, locale = 'C');
CREATE EXTENSION citext SCHEMA other;

GRANT SELECT, UPDATE ON orders TO drift_a;
GRANT SELECT (email) ON customers TO drift_a;
GRANT EXECUTE ON FUNCTION twice(integer) TO drift_a;
GRANT USAGE ON SCHEMA app TO drift_a;
GRANT USAGE ON SEQUENCE ticket TO drift_a;
REVOKE EXECUTE ON FUNCTION many(integer) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO drift_a;
COMMENT ON TABLE orders IS 'what was bought';
COMMENT ON COLUMN orders.amount IS 'in euros';
COMMENT ON FUNCTION twice(integer) IS 'doubles';
CREATE TABLE keyed (id integer PRIMARY KEY);
