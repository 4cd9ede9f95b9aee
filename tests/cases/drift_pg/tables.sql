-- pair: schema added
-- expect: schema extra *
CREATE SCHEMA extra;
-- pair: schema renamed
-- expect: schema other *
-- expect: schema others *
-- expect: extension citext · in schema
-- expect: default privileges (owner) in schema other(SELECT on tables to drift_a) · exists
-- expect: default privileges (owner) in schema others(SELECT on tables to drift_a) · exists
ALTER SCHEMA other RENAME TO others;
-- pair: schema owner
-- expect: schema other · owner
ALTER SCHEMA other OWNER TO drift_b;
-- pair: schema comment
-- expect: schema other · comment
COMMENT ON SCHEMA other IS 'x';
-- pair: table added
-- expect: table app.more **
CREATE TABLE more (id integer);
-- pair: table dropped
-- expect: table app.dogs **
DROP TABLE dogs;
-- pair: table renamed
-- expect: table app.dogs **
-- expect: table app.hounds **
ALTER TABLE dogs RENAME TO hounds;
-- pair: table to other schema
-- expect: table app.dogs **
-- expect: table other.dogs **
ALTER TABLE dogs SET SCHEMA other;
-- pair: row level security on
-- expect: table app.orders · row level security
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
-- pair: row level security off
-- expect: table app.customers · row level security
ALTER TABLE customers DISABLE ROW LEVEL SECURITY;
-- pair: row level security forced
-- expect: table app.customers · force row level security
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
-- pair: unlogged
-- expect: table app.dogs · persistence
ALTER TABLE dogs SET UNLOGGED;
-- pair: replica identity full
-- expect: table app.orders · replica identity
ALTER TABLE orders REPLICA IDENTITY FULL;
-- pair: replica identity nothing
-- expect: table app.orders · replica identity
ALTER TABLE orders REPLICA IDENTITY NOTHING;
-- pair: replica identity by an index
-- expect: table app.customers · replica identity
-- expect: constraint app.customers.customers_email_key · replica identity
ALTER TABLE customers REPLICA IDENTITY USING INDEX customers_email_key;
-- pair: storage parameter
-- expect: table app.orders · fillfactor
ALTER TABLE orders SET (fillfactor = 70);
-- pair: autovacuum off
-- expect: table app.orders · autovacuum_enabled
ALTER TABLE orders SET (autovacuum_enabled = off);
-- pair: storage parameter of the TOAST table
-- expect: table app.animals · toast.autovacuum_enabled
ALTER TABLE animals SET (toast.autovacuum_enabled = false);
-- pair: no longer inherits
-- expect: table app.cats · inherits
ALTER TABLE cats NO INHERIT animals;
-- pair: inherits now
-- expect: column app.dogs.name · declared here
-- expect: table app.dogs · inherits
ALTER TABLE dogs INHERIT animals;
-- pair: table owner
-- expect: table app.dogs · owner
ALTER TABLE dogs OWNER TO drift_b;
-- pair: comment changed
-- expect: table app.orders · comment
COMMENT ON TABLE orders IS 'what was sold';
-- pair: comment dropped
-- expect: table app.orders · comment
COMMENT ON TABLE orders IS NULL;
-- pair: comment added
-- expect: table app.dogs · comment
COMMENT ON TABLE dogs IS 'bark';
-- pair: partition detached
-- expect: table app.parts_2024 · partition of
-- expect: table app.parts_2024 · partition bound
-- expect: index app.parts_2024.parts_2024_n_idx · attached to
ALTER TABLE parts DETACH PARTITION parts_2024;
-- pair: partition attached
-- expect: table app.parts_2026 · partition of
-- expect: table app.parts_2026 · partition bound
-- expect: index app.parts_2026.parts_2026_n_idx *
ALTER TABLE parts ATTACH PARTITION parts_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
-- pair: partition bound
-- expect: table app.parts_2024 · partition bound
ALTER TABLE parts DETACH PARTITION parts_2024;
ALTER TABLE parts ATTACH PARTITION parts_2024 FOR VALUES FROM ('2023-01-01') TO ('2025-01-01');
-- pair: default partition
-- expect: table app.parts_rest **
CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
-- pair: partitioned by something else
-- expect: table app.parts · partitioned by
ALTER TABLE parts DETACH PARTITION parts_2024;
DROP TABLE parts;
CREATE TABLE parts (day date NOT NULL, n integer) PARTITION BY RANGE (day, n);
ALTER TABLE parts ATTACH PARTITION parts_2024 FOR VALUES FROM ('2024-01-01', MINVALUE) TO ('2025-01-01', MINVALUE);
CREATE INDEX parts_n_idx ON parts (n);
-- expect: table app.parts_2024 · partition bound
-- pair: columns in another order
-- expect: table app.cats · column order
-- expect: table app.cats · inherits
DROP TABLE cats;
CREATE TABLE cats (lives integer, name text);
-- pair: of a type
-- expect: table app.typed **
CREATE TABLE typed OF address;
-- pair: column type
-- expect: column app.dogs.name · type
ALTER TABLE dogs ALTER name TYPE char(10);
-- pair: column type wider
-- expect: column app.customers.name · type
ALTER TABLE customers ALTER name TYPE varchar(50);
-- pair: column type integer to bigint
-- expect: column app.parts.n · type
-- expect: column app.parts_2024.n · type
ALTER TABLE parts ALTER n TYPE bigint;
-- pair: column type without length
-- expect: column app.customers.name · type
ALTER TABLE customers ALTER name TYPE varchar;
-- pair: timestamp with another precision
-- expect: column app.orders.placed_at · type
ALTER TABLE orders ALTER placed_at TYPE timestamptz(3);
-- pair: not null
-- expect: column app.customers.name · not null
ALTER TABLE customers ALTER name SET NOT NULL;
-- pair: null allowed
-- expect: column app.customers.email · not null
ALTER TABLE customers ALTER email DROP NOT NULL;
-- pair: default changed
-- expect: column app.customers.name · default
ALTER TABLE customers ALTER name SET DEFAULT 'somebody';
-- pair: default dropped
-- expect: column app.customers.name · default
ALTER TABLE customers ALTER name DROP DEFAULT;
-- pair: default added
-- expect: column app.customers.note · default
ALTER TABLE customers ALTER note SET DEFAULT 'a ' || 'b';
-- pair: default of another time
-- expect: column app.orders.placed_at · default
ALTER TABLE orders ALTER placed_at SET DEFAULT '2024-01-01 00:00+00';
-- pair: enum default
-- expect: column app.customers.state · default
ALTER TABLE customers ALTER state SET DEFAULT 'open';
-- pair: column added
-- expect: column app.orders.vat *
-- expect: table app.orders · column order
ALTER TABLE orders ADD vat numeric;
-- pair: column dropped
-- expect: column app.customers.note *
-- expect: table app.customers · column order
ALTER TABLE customers DROP note;
-- pair: column renamed
-- expect: column app.customers.note *
-- expect: column app.customers.remark *
-- expect: table app.customers · column order
ALTER TABLE customers RENAME note TO remark;
-- pair: column renamed that much refers to
-- expect: column app.customers.score *
-- expect: column app.customers.points *
-- expect: table app.customers · column order
-- expect: column app.customers.doubled · expression
-- expect: constraint app.customers.customers_score_check · definition
-- expect: policy app.customers.insert_own · check
ALTER TABLE customers RENAME score TO points;
-- pair: column renamed that keys and views refer to
-- expect: column app.orders.customer_id *
-- expect: column app.orders.buyer *
-- expect: table app.orders · column order
-- expect: constraint app.orders.orders_customer_fkey · definition
-- expect: index app.orders.orders_customer_placed_idx · definition
-- expect: view app.big_orders · definition
ALTER TABLE orders RENAME customer_id TO buyer;
-- pair: unique column renamed
-- expect: column app.customers.email *
-- expect: column app.customers.mail *
-- expect: table app.customers · column order
-- expect: constraint app.customers.customers_email_key · definition
-- expect: index app.customers.customers_lower_idx · definition
-- expect: view app.open_customers · definition
-- expect: view app.big_orders · definition
-- expect: grant on column app.customers.mail(SELECT to drift_a) · exists
-- expect: grant on column app.customers.email(SELECT to drift_a) · exists
ALTER TABLE customers RENAME email TO mail;
-- pair: partitioned column renamed
-- expect: column app.parts.day *
-- expect: column app.parts.date *
-- expect: column app.parts_2024.day *
-- expect: column app.parts_2024.date *
-- expect: table app.parts · column order
-- expect: table app.parts_2024 · column order
-- expect: table app.parts · partitioned by
ALTER TABLE parts RENAME day TO date;
-- pair: identity by default
-- expect: column app.customers.id · identity
ALTER TABLE customers ALTER id SET GENERATED BY DEFAULT;
-- pair: identity dropped
-- expect: column app.customers.id · identity
-- expect: sequence app.customers_id_seq *
ALTER TABLE customers ALTER id DROP IDENTITY;
-- pair: identity added
-- expect: column app.orders.id · identity
-- expect: sequence app.orders_id_seq *
ALTER TABLE orders ALTER id ADD GENERATED ALWAYS AS IDENTITY;
-- pair: identity that starts elsewhere
-- expect: sequence app.customers_id_seq · start
ALTER TABLE customers ALTER id SET START WITH 1000;
-- pair: generated no longer
-- expect: column app.customers.doubled · generated
-- expect: column app.customers.doubled · expression
ALTER TABLE customers ALTER doubled DROP EXPRESSION;
-- pair: generated otherwise
-- expect: column app.customers.doubled · expression
ALTER TABLE customers DROP doubled;
ALTER TABLE customers ADD doubled integer GENERATED ALWAYS AS (score + score) STORED;
-- pair: collation of the user's own
-- expect: column app.customers.note · collation
ALTER TABLE customers ALTER note TYPE text COLLATE plain_c;
-- pair: column collation added
-- expect: column app.customers.note · collation
ALTER TABLE customers ALTER note TYPE text COLLATE "C";
-- pair: compression
-- expect: column app.customers.note · compression
ALTER TABLE customers ALTER note SET COMPRESSION pglz;
-- pair: storage
-- expect: column app.customers.note · storage
ALTER TABLE customers ALTER note SET STORAGE EXTERNAL;
-- pair: statistics target
-- expect: column app.customers.note · statistics target
ALTER TABLE customers ALTER note SET STATISTICS 500;
-- pair: column option
-- expect: column app.customers.region · n_distinct
ALTER TABLE customers ALTER region SET (n_distinct = 5);
-- pair: column comment
-- expect: column app.orders.amount · comment
COMMENT ON COLUMN orders.amount IS 'in dollars';
-- pair: column comment dropped
-- expect: column app.orders.amount · comment
COMMENT ON COLUMN orders.amount IS NULL;
-- pair: view column comment
-- expect: column app.open_customers.email · comment
COMMENT ON COLUMN open_customers.email IS 'x';
-- pair: array instead of a scalar
-- expect: column app.dogs.name · type
ALTER TABLE dogs ALTER name TYPE text[] USING ARRAY[name];
