-- pair: table grant added
-- expect: grant on table app.orders(INSERT to drift_a) · exists
GRANT INSERT ON orders TO drift_a;
-- pair: table grant to everybody
-- expect: grant on table app.orders(SELECT to PUBLIC) · exists
GRANT SELECT ON orders TO PUBLIC;
-- pair: table grant revoked
-- expect: grant on table app.orders(UPDATE to drift_a) · exists
REVOKE UPDATE ON orders FROM drift_a;
-- pair: table grant option
-- expect: grant on table app.orders(SELECT to drift_a) · grant option
GRANT SELECT ON orders TO drift_a WITH GRANT OPTION;
-- pair: table privilege of the owner revoked
-- expect: revoke on table app.dogs(DELETE from (owner)) · exists
REVOKE DELETE ON dogs FROM CURRENT_USER;
-- pair: column grant added
-- expect: grant on column app.customers.name(UPDATE to drift_a) · exists
GRANT UPDATE (name) ON customers TO drift_a;
-- pair: column grant revoked
-- expect: grant on column app.customers.email(SELECT to drift_a) · exists
REVOKE SELECT (email) ON customers FROM drift_a;
-- pair: view grant
-- expect: grant on table app.open_customers(SELECT to drift_b) · exists
GRANT SELECT ON open_customers TO drift_b;
-- pair: materialised view grant
-- expect: grant on table app.per_region(SELECT to drift_b) · exists
GRANT SELECT ON per_region TO drift_b;
-- pair: sequence grant
-- expect: grant on sequence app.ticket(SELECT to drift_b) · exists
GRANT SELECT ON SEQUENCE ticket TO drift_b;
-- pair: function grant
-- expect: grant on function app.twice(integer)(EXECUTE to drift_b) · exists
GRANT EXECUTE ON FUNCTION twice(integer) TO drift_b;
-- pair: function revoked from everybody
-- expect: revoke on function app.twice(integer)(EXECUTE from PUBLIC) · exists
REVOKE EXECUTE ON FUNCTION twice(integer) FROM PUBLIC;
-- pair: function given back to everybody
-- expect: revoke on function app.many(integer)(EXECUTE from PUBLIC) · exists
GRANT EXECUTE ON FUNCTION many(integer) TO PUBLIC;
-- pair: procedure revoked
-- expect: revoke on function app.clean()(EXECUTE from PUBLIC) · exists
REVOKE EXECUTE ON PROCEDURE clean() FROM PUBLIC;
-- pair: aggregate granted
-- expect: grant on function app.total(integer)(EXECUTE to drift_a) · exists
GRANT EXECUTE ON FUNCTION total(integer) TO drift_a;
-- pair: schema grant
-- expect: grant on schema app(CREATE to drift_a) · exists
GRANT CREATE ON SCHEMA app TO drift_a;
-- pair: schema revoked
-- expect: grant on schema app(USAGE to drift_a) · exists
REVOKE USAGE ON SCHEMA app FROM drift_a;
-- pair: type revoked
-- expect: revoke on type app.status(USAGE from PUBLIC) · exists
REVOKE USAGE ON TYPE status FROM PUBLIC;
-- pair: domain grant
-- expect: grant on type app.label(USAGE to drift_a) · exists
GRANT USAGE ON DOMAIN label TO drift_a;
-- pair: composite type grant
-- expect: grant on type app.address(USAGE to drift_a) · exists
GRANT USAGE ON TYPE address TO drift_a;
-- pair: foreign data wrapper grant
-- expect: grant on foreign data wrapper plain_wrapper(USAGE to drift_a) · exists
GRANT USAGE ON FOREIGN DATA WRAPPER plain_wrapper TO drift_a;
-- pair: foreign server grant
-- expect: grant on foreign server remote(USAGE to drift_a) · exists
GRANT USAGE ON FOREIGN SERVER remote TO drift_a;
-- pair: maintain
-- major: 17
-- expect: grant on table app.orders(MAINTAIN to drift_a) · exists
GRANT MAINTAIN ON orders TO drift_a;
-- pair: all privileges
-- expect: grant on table app.dogs(DELETE to drift_a) · exists
-- expect: grant on table app.dogs(INSERT to drift_a) · exists
-- expect: grant on table app.dogs(REFERENCES to drift_a) · exists
-- expect: grant on table app.dogs(SELECT to drift_a) · exists
-- expect: grant on table app.dogs(TRIGGER to drift_a) · exists
-- expect: grant on table app.dogs(TRUNCATE to drift_a) · exists
-- expect: grant on table app.dogs(UPDATE to drift_a) · exists
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON dogs TO drift_a;
-- pair: default privileges added
-- expect: default privileges (owner) in schema app(INSERT on tables to drift_a) · exists
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT INSERT ON TABLES TO drift_a;
-- pair: default privileges revoked
-- expect: default privileges (owner) in schema other(SELECT on tables to drift_a) · exists
ALTER DEFAULT PRIVILEGES IN SCHEMA other REVOKE SELECT ON TABLES FROM drift_a;
-- pair: default privileges of another role
-- expect: default privileges drift_b in schema app(SELECT on tables to drift_a) · exists
ALTER DEFAULT PRIVILEGES FOR ROLE drift_b IN SCHEMA app GRANT SELECT ON TABLES TO drift_a;
-- pair: default privileges on functions everywhere
-- expect: default revocation (owner)(EXECUTE on functions from PUBLIC) · exists
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- pair: default privileges on sequences
-- expect: default privileges (owner)(USAGE on sequences to drift_a) · exists
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO drift_a;
-- pair: default privileges on schemas
-- expect: default privileges (owner)(USAGE on schemas to drift_a) · exists
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO drift_a;
