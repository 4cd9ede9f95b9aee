-- pair: check changed
-- expect: constraint app.customers.customers_score_check · definition
ALTER TABLE customers DROP CONSTRAINT customers_score_check, ADD CONSTRAINT customers_score_check CHECK (score > 0);
-- pair: check dropped
-- expect: constraint app.customers.customers_score_check *
ALTER TABLE customers DROP CONSTRAINT customers_score_check;
-- pair: check added
-- expect: constraint app.orders.amount_check *
ALTER TABLE orders ADD CONSTRAINT amount_check CHECK (amount > 0);
-- pair: check not valid
-- expect: constraint app.customers.customers_score_check · validated
ALTER TABLE customers DROP CONSTRAINT customers_score_check, ADD CONSTRAINT customers_score_check CHECK (score >= 0) NOT VALID;
-- pair: check with another cast
-- expect: constraint app.customers.customers_score_check · definition
ALTER TABLE customers DROP CONSTRAINT customers_score_check, ADD CONSTRAINT customers_score_check CHECK (score::numeric >= 0);
-- pair: check without inheritance
-- expect: constraint app.customers.customers_score_check · no inherit
ALTER TABLE customers DROP CONSTRAINT customers_score_check, ADD CONSTRAINT customers_score_check CHECK (score >= 0) NO INHERIT;
-- pair: constraint renamed
-- expect: constraint app.customers.customers_score_check *
-- expect: constraint app.customers.score_check *
ALTER TABLE customers RENAME CONSTRAINT customers_score_check TO score_check;
-- pair: constraint comment
-- expect: constraint app.customers.customers_score_check · comment
COMMENT ON CONSTRAINT customers_score_check ON customers IS 'x';
-- pair: foreign key action
-- expect: constraint app.orders.orders_customer_fkey · definition
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE;
-- pair: foreign key deferrable
-- expect: constraint app.orders.orders_customer_fkey · deferrable
ALTER TABLE orders ALTER CONSTRAINT orders_customer_fkey DEFERRABLE;
-- pair: foreign key initially deferred
-- expect: constraint app.orders.orders_customer_fkey · deferrable
-- expect: constraint app.orders.orders_customer_fkey · initially deferred
ALTER TABLE orders ALTER CONSTRAINT orders_customer_fkey DEFERRABLE INITIALLY DEFERRED;
-- pair: foreign key not valid
-- expect: constraint app.orders.orders_customer_fkey · validated
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
-- pair: foreign key not enforced
-- major: 18
-- expect: constraint app.orders.orders_customer_fkey · enforced
-- expect: constraint app.orders.orders_customer_fkey · validated
ALTER TABLE orders ALTER CONSTRAINT orders_customer_fkey NOT ENFORCED;
-- pair: foreign key dropped
-- expect: constraint app.orders.orders_customer_fkey *
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey;
-- pair: primary key dropped
-- expect: constraint app.orders.orders_pkey *
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
-- pair: primary key with another column
-- expect: constraint app.parts_2026.parts_2026_pkey *
ALTER TABLE parts_2026 ADD PRIMARY KEY (day);
-- pair: unique nulls not distinct
-- expect: constraint app.customers.customers_email_key · definition
ALTER TABLE customers DROP CONSTRAINT customers_email_key, ADD CONSTRAINT customers_email_key UNIQUE NULLS NOT DISTINCT (email);
-- pair: unique with more columns
-- expect: constraint app.customers.customers_email_key · definition
ALTER TABLE customers DROP CONSTRAINT customers_email_key, ADD CONSTRAINT customers_email_key UNIQUE (email, name);
-- pair: unique deferrable
-- expect: constraint app.customers.customers_email_key · deferrable
ALTER TABLE customers DROP CONSTRAINT customers_email_key, ADD CONSTRAINT customers_email_key UNIQUE (email) DEFERRABLE;
-- pair: exclusion operator
-- expect: constraint app.orders.orders_during_excl · definition
ALTER TABLE orders DROP CONSTRAINT orders_during_excl, ADD CONSTRAINT orders_during_excl EXCLUDE USING gist (during WITH =);
-- pair: constraint triggers disabled
-- expect: constraint app.orders.orders_customer_fkey · triggers
-- expect: trigger app.orders.orders_check · enabled
ALTER TABLE orders DISABLE TRIGGER ALL;
-- pair: not null not valid
-- major: 18
-- expect: column app.customers.name · not null
-- expect: constraint app.customers.name_there *
ALTER TABLE customers ADD CONSTRAINT name_there NOT NULL name NOT VALID;
-- pair: index of a constraint has options
-- expect: constraint app.orders.orders_pkey · fillfactor
ALTER INDEX orders_pkey SET (fillfactor = 60);
-- pair: index added
-- expect: index app.orders.orders_new_idx *
CREATE INDEX orders_new_idx ON orders (customer_id);
-- pair: index dropped
-- expect: index app.orders.orders_placed_idx *
DROP INDEX orders_placed_idx;
-- pair: index renamed
-- expect: index app.orders.orders_placed_idx *
-- expect: index app.orders.placed_idx *
ALTER INDEX orders_placed_idx RENAME TO placed_idx;
-- pair: index descending
-- expect: index app.orders.orders_placed_idx · definition
DROP INDEX orders_placed_idx; CREATE INDEX orders_placed_idx ON orders (placed_at DESC);
-- pair: index method
-- expect: index app.orders.orders_placed_idx · definition
DROP INDEX orders_placed_idx; CREATE INDEX orders_placed_idx ON orders USING brin (placed_at);
-- pair: index predicate
-- expect: index app.orders.orders_amount_idx · definition
DROP INDEX orders_amount_idx; CREATE INDEX orders_amount_idx ON orders (amount) WHERE amount > 200;
-- pair: index includes
-- expect: index app.orders.orders_placed_idx · definition
DROP INDEX orders_placed_idx; CREATE INDEX orders_placed_idx ON orders (placed_at) INCLUDE (amount);
-- pair: index operator class
-- expect: index app.customers.customers_lower_idx · definition
DROP INDEX customers_lower_idx; CREATE INDEX customers_lower_idx ON customers (lower(email) text_pattern_ops);
-- pair: index expression
-- expect: index app.customers.customers_lower_idx · definition
DROP INDEX customers_lower_idx; CREATE INDEX customers_lower_idx ON customers (upper(email));
-- pair: index unique
-- expect: index app.orders.orders_placed_idx · unique
DROP INDEX orders_placed_idx; CREATE UNIQUE INDEX orders_placed_idx ON orders (placed_at);
-- pair: index option
-- expect: index app.orders.orders_placed_idx · fillfactor
ALTER INDEX orders_placed_idx SET (fillfactor = 60);
-- pair: index invalid
-- expect: index app.orders.orders_placed_idx · valid
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_placed_idx'::regclass;
-- pair: index not ready
-- expect: index app.orders.orders_placed_idx · ready
UPDATE pg_index SET indisready = false WHERE indexrelid = 'orders_placed_idx'::regclass;
-- pair: index clustered
-- expect: index app.orders.orders_placed_idx · clustered
ALTER TABLE orders CLUSTER ON orders_placed_idx;
-- pair: index statistics
-- expect: index app.customers.customers_lower_idx · statistics target
ALTER INDEX customers_lower_idx ALTER COLUMN 1 SET STATISTICS 300;
-- pair: index comment
-- expect: index app.orders.orders_placed_idx · comment
COMMENT ON INDEX orders_placed_idx IS 'x';
-- pair: index of a materialised view
-- expect: index app.per_region.per_region_idx · unique
DROP INDEX per_region_idx; CREATE UNIQUE INDEX per_region_idx ON per_region (region);
-- pair: index of a partitioned table alone
-- expect: index app.parts.parts_day_idx *
CREATE INDEX parts_day_idx ON ONLY parts (day);
-- pair: index attached
-- expect: index app.parts.parts_day_idx *
-- expect: index app.parts_2024.parts_2024_day_idx *
CREATE INDEX parts_day_idx ON parts (day);
-- pair: sequence added
-- expect: sequence app.numbers *
CREATE SEQUENCE numbers;
-- pair: sequence increment
-- expect: sequence app.ticket · increment
ALTER SEQUENCE ticket INCREMENT 10;
-- pair: sequence start
-- expect: sequence app.ticket · start
ALTER SEQUENCE ticket START 100;
-- pair: sequence minimum
-- expect: sequence app.ticket · minimum
-- expect: sequence app.ticket · start
ALTER SEQUENCE ticket MINVALUE 0 START 1;
-- pair: sequence maximum
-- expect: sequence app.ticket · maximum
ALTER SEQUENCE ticket MAXVALUE 1000;
-- pair: sequence cache
-- expect: sequence app.ticket · cache
ALTER SEQUENCE ticket CACHE 20;
-- pair: sequence cycles
-- expect: sequence app.ticket · cycle
ALTER SEQUENCE ticket CYCLE;
-- pair: sequence type
-- expect: sequence app.ticket · type
ALTER SEQUENCE ticket AS integer;
-- pair: sequence owned
-- expect: sequence app.ticket · owned by
ALTER SEQUENCE ticket OWNED BY orders.id;
-- pair: sequence unlogged
-- expect: sequence app.ticket · persistence
ALTER SEQUENCE ticket SET UNLOGGED;
-- pair: sequence comment
-- expect: sequence app.ticket · comment
COMMENT ON SEQUENCE ticket IS 'x';
-- pair: sequence renamed under a default
-- expect: sequence app.ticket *
-- expect: sequence app.tickets *
-- expect: grant on sequence app.ticket(USAGE to drift_a) · exists
-- expect: grant on sequence app.tickets(USAGE to drift_a) · exists
ALTER SEQUENCE ticket RENAME TO tickets;
-- pair: statistics added
-- expect: statistics app.orders_stats *
CREATE STATISTICS orders_stats ON customer_id, amount FROM orders;
-- pair: statistics of another kind
-- expect: statistics app.customers_stats · definition
DROP STATISTICS customers_stats; CREATE STATISTICS customers_stats (ndistinct) ON region, state FROM customers;
-- pair: statistics target of the object
-- expect: statistics app.customers_stats · statistics target
ALTER STATISTICS customers_stats SET STATISTICS 300;
-- pair: statistics owner
-- expect: statistics app.customers_stats · owner
ALTER STATISTICS customers_stats OWNER TO drift_b;
-- pair: statistics comment
-- expect: statistics app.customers_stats · comment
COMMENT ON STATISTICS customers_stats IS 'x';
