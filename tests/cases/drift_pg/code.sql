-- pair: view changed
-- expect: view app.open_customers · definition
CREATE OR REPLACE VIEW open_customers AS SELECT c.id, c.email FROM customers c WHERE c.state = 'closed';
-- pair: view column added
-- expect: view app.open_customers · definition
-- expect: column app.open_customers.name *
CREATE OR REPLACE VIEW open_customers AS SELECT c.id, c.email, c.name FROM customers c WHERE c.state = 'open';
-- pair: view column renamed
-- expect: view app.open_customers · definition
-- expect: column app.open_customers.email *
-- expect: column app.open_customers.mail *
ALTER VIEW open_customers RENAME email TO mail;
-- pair: view column default
-- expect: column app.open_customers.email · default
ALTER VIEW open_customers ALTER email SET DEFAULT 'x';
-- pair: security invoker
-- expect: view app.open_customers · security_invoker
ALTER VIEW open_customers SET (security_invoker = on);
-- pair: security barrier
-- expect: view app.open_customers · security_barrier
ALTER VIEW open_customers SET (security_barrier);
-- pair: check option
-- expect: view app.open_customers · check_option
ALTER VIEW open_customers SET (check_option = cascaded);
-- pair: view dropped
-- expect: view app.big_orders **
DROP VIEW big_orders;
-- pair: view owner
-- expect: view app.big_orders · owner
ALTER VIEW big_orders OWNER TO drift_b;
-- pair: view comment
-- expect: view app.big_orders · comment
COMMENT ON VIEW big_orders IS 'x';
-- pair: view of the whole row
-- expect: view app.big_orders · definition
CREATE OR REPLACE VIEW big_orders AS
    SELECT o.id, c.email, o.amount FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.amount > 10;
-- pair: materialised view changed
-- expect: materialized view app.per_region · definition
DROP MATERIALIZED VIEW per_region;
CREATE MATERIALIZED VIEW per_region AS SELECT region, count(*) AS n FROM customers WHERE id > 0 GROUP BY region;
CREATE INDEX per_region_idx ON per_region (region);
-- pair: materialised view option
-- expect: materialized view app.per_region · fillfactor
ALTER MATERIALIZED VIEW per_region SET (fillfactor = 50);
-- pair: materialised view comment
-- expect: materialized view app.per_region · comment
COMMENT ON MATERIALIZED VIEW per_region IS 'x';
-- pair: rule changed
-- expect: rule app.dogs.quiet · definition
CREATE OR REPLACE RULE quiet AS ON DELETE TO dogs WHERE old.name = 'rex' DO INSTEAD NOTHING;
-- pair: rule disabled
-- expect: rule app.dogs.quiet · enabled
ALTER TABLE dogs DISABLE RULE quiet;
-- pair: rule dropped
-- expect: rule app.dogs.quiet *
DROP RULE quiet ON dogs;
-- pair: rule added
-- expect: rule app.dogs.loud *
CREATE RULE loud AS ON INSERT TO dogs DO ALSO NOTIFY dogs;
-- pair: rule comment
-- expect: rule app.dogs.quiet · comment
COMMENT ON RULE quiet ON dogs IS 'x';
-- pair: function body
-- expect: function app.twice(integer) · body
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n + n';
-- pair: function overloaded
-- expect: function app.twice(bigint) *
CREATE FUNCTION twice(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
-- pair: function dropped
-- expect: function app.touch_too() *
DROP FUNCTION touch_too();
-- pair: function renamed under a trigger
-- expect: function app.touch() *
-- expect: function app.touched() *
-- expect: trigger app.customers.customers_touch · definition
-- expect: trigger app.orders.orders_check · definition
ALTER FUNCTION touch() RENAME TO touched;
-- pair: function in another schema
-- expect: function app.touch_too() *
-- expect: function other.touch_too() *
ALTER FUNCTION touch_too() SET SCHEMA other;
-- pair: function volatility
-- expect: function app.twice(integer) · volatility
ALTER FUNCTION twice(integer) STABLE;
-- pair: security definer
-- expect: function app.twice(integer) · security definer
ALTER FUNCTION twice(integer) SECURITY DEFINER;
-- pair: function search path
-- expect: function app.twice(integer) · set search_path
ALTER FUNCTION twice(integer) SET search_path = '';
-- pair: function setting
-- expect: function app.twice(integer) · set statement_timeout
ALTER FUNCTION twice(integer) SET statement_timeout = '1s';
-- pair: function parallel
-- expect: function app.twice(integer) · parallel
ALTER FUNCTION twice(integer) PARALLEL SAFE;
-- pair: function strict
-- expect: function app.twice(integer) · strict
ALTER FUNCTION twice(integer) STRICT;
-- pair: function leakproof
-- expect: function app.twice(integer) · leakproof
ALTER FUNCTION twice(integer) LEAKPROOF;
-- pair: function cost
-- expect: function app.twice(integer) · cost
ALTER FUNCTION twice(integer) COST 5;
-- pair: function rows
-- expect: function app.many(integer) · rows
ALTER FUNCTION many(integer) ROWS 5;
-- pair: function owner
-- expect: function app.twice(integer) · owner
ALTER FUNCTION twice(integer) OWNER TO drift_b;
-- pair: function comment
-- expect: function app.twice(integer) · comment
COMMENT ON FUNCTION twice(integer) IS 'times two';
-- pair: function default argument
-- expect: function app.twice(integer) · arguments
CREATE OR REPLACE FUNCTION twice(n integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
-- pair: function language
-- expect: function app.touch_too() · body
-- expect: function app.touch_too() · language
-- expect: function app.touch_too() · returns
DROP FUNCTION touch_too(); CREATE FUNCTION touch_too() RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- pair: function result
-- expect: function app.many(integer) · returns
-- expect: revoke on function app.many(integer)(EXECUTE from PUBLIC) · exists
DROP FUNCTION many(integer); CREATE FUNCTION many(n integer) RETURNS TABLE (m integer) LANGUAGE sql AS 'SELECT n';
-- expect: function app.many(integer) · returns
-- pair: function with a parsed body
-- expect: function app.twice(integer) · body
-- expect: function app.twice(integer) · definition
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN n * 2;
-- pair: procedure body
-- expect: procedure app.clean() · body
CREATE OR REPLACE PROCEDURE clean() LANGUAGE sql AS 'SELECT 2';
-- pair: procedure dropped
-- expect: procedure app.clean() *
DROP PROCEDURE clean();
-- pair: aggregate initial state
-- expect: aggregate app.total(integer) · initial state
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = add_up, STYPE = integer, INITCOND = '1');
-- pair: aggregate state function
-- expect: aggregate app.total(integer) · state function
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
-- pair: aggregate combine function
-- expect: aggregate app.total(integer) · combine function
CREATE OR REPLACE AGGREGATE total (integer) (SFUNC = add_up, STYPE = integer, INITCOND = '0', COMBINEFUNC = add_up);
-- pair: aggregate dropped
-- expect: aggregate app.total(integer) *
DROP AGGREGATE total (integer);
-- pair: window function
-- expect: window function app.numbered() *
CREATE FUNCTION numbered() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE STRICT AS 'window_row_number';
-- pair: trigger timing
-- expect: trigger app.customers.customers_touch · definition
CREATE OR REPLACE TRIGGER customers_touch AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
-- pair: trigger function
-- expect: trigger app.customers.customers_touch · definition
CREATE OR REPLACE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch_too();
-- pair: trigger of a column
-- expect: trigger app.customers.customers_touch · definition
CREATE OR REPLACE TRIGGER customers_touch BEFORE UPDATE OF email ON customers FOR EACH ROW EXECUTE FUNCTION touch();
-- pair: trigger condition
-- expect: trigger app.customers.customers_touch · definition
CREATE OR REPLACE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW WHEN (old.id > 5) EXECUTE FUNCTION touch();
-- pair: trigger disabled
-- expect: trigger app.customers.customers_touch · enabled
ALTER TABLE customers DISABLE TRIGGER customers_touch;
-- pair: trigger in replicas
-- expect: trigger app.customers.customers_touch · enabled
ALTER TABLE customers ENABLE REPLICA TRIGGER customers_touch;
-- pair: trigger always
-- expect: trigger app.customers.customers_touch · enabled
ALTER TABLE customers ENABLE ALWAYS TRIGGER customers_touch;
-- pair: trigger dropped
-- expect: trigger app.customers.customers_touch *
DROP TRIGGER customers_touch ON customers;
-- pair: trigger renamed
-- expect: trigger app.customers.customers_touch *
-- expect: trigger app.customers.customers_touches *
ALTER TRIGGER customers_touch ON customers RENAME TO customers_touches;
-- pair: trigger on a partitioned table
-- expect: trigger app.parts.parts_touch *
CREATE TRIGGER parts_touch BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION touch();
-- pair: constraint trigger initially deferred
-- expect: trigger app.orders.orders_check · definition
DROP TRIGGER orders_check ON orders;
CREATE CONSTRAINT TRIGGER orders_check AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();
-- pair: trigger comment
-- expect: trigger app.customers.customers_touch · comment
COMMENT ON TRIGGER customers_touch ON customers IS 'x';
-- pair: event trigger dropped
-- expect: event trigger audit_ddl *
DROP EVENT TRIGGER audit_ddl;
-- pair: event trigger disabled
-- expect: event trigger audit_ddl · enabled
ALTER EVENT TRIGGER audit_ddl DISABLE;
-- pair: event trigger tags
-- expect: event trigger audit_ddl · tags
DROP EVENT TRIGGER audit_ddl;
CREATE EVENT TRIGGER audit_ddl ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE') EXECUTE FUNCTION on_ddl();
-- pair: event trigger event
-- expect: event trigger audit_ddl · event
DROP EVENT TRIGGER audit_ddl;
CREATE EVENT TRIGGER audit_ddl ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_ddl();
-- pair: policy dropped
-- expect: policy app.customers.own *
DROP POLICY own ON customers;
-- pair: policy added
-- expect: policy app.customers.all_of_it *
CREATE POLICY all_of_it ON customers USING (true);
-- pair: policy expression
-- expect: policy app.customers.own · using
ALTER POLICY own ON customers USING (id = 2);
-- pair: policy check
-- expect: policy app.customers.insert_own · check
ALTER POLICY insert_own ON customers WITH CHECK (score > 1);
-- pair: policy roles
-- expect: policy app.customers.own · roles
ALTER POLICY own ON customers TO drift_a, drift_b;
-- pair: policy for everybody
-- expect: policy app.customers.own · roles
ALTER POLICY own ON customers TO PUBLIC;
-- pair: policy command
-- expect: policy app.customers.own · command
DROP POLICY own ON customers; CREATE POLICY own ON customers FOR DELETE TO drift_a USING (id = 1);
-- pair: policy restrictive
-- expect: policy app.customers.own · permissive
DROP POLICY own ON customers; CREATE POLICY own ON customers AS RESTRICTIVE FOR SELECT TO drift_a USING (id = 1);
-- pair: policy renamed
-- expect: policy app.customers.own *
-- expect: policy app.customers.mine *
ALTER POLICY own ON customers RENAME TO mine;
-- pair: policy comment
-- expect: policy app.customers.own · comment
COMMENT ON POLICY own ON customers IS 'x';
