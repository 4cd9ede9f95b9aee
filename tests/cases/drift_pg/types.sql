-- pair: enum value added
-- expect: enum app.status · values
ALTER TYPE status ADD VALUE 'gone';
-- pair: enum value before another
-- expect: enum app.status · values
ALTER TYPE status ADD VALUE 'almost' BEFORE 'open';
-- pair: enum value renamed
-- expect: enum app.status · values
-- expect: column app.customers.state · default
ALTER TYPE status RENAME VALUE 'new' TO 'fresh';
-- pair: enum value renamed that a view uses
-- expect: enum app.status · values
-- expect: view app.open_customers · definition
ALTER TYPE status RENAME VALUE 'open' TO 'opened';
-- pair: enum added
-- expect: enum app.mood *
CREATE TYPE mood AS ENUM ('a', 'b');
-- pair: enum without values
-- expect: enum app.mood *
CREATE TYPE mood AS ENUM ();
-- pair: enum renamed
-- expect: enum app.status *
-- expect: enum app.state *
-- expect: column app.customers.state · type
-- expect: column app.customers.state · default
-- expect: view app.open_customers · definition
ALTER TYPE status RENAME TO state;
-- pair: enum in another schema
-- expect: enum app.status *
-- expect: enum other.status *
-- expect: column app.customers.state · type
-- expect: column app.customers.state · default
-- expect: view app.open_customers · definition
ALTER TYPE status SET SCHEMA other;
-- pair: enum owner
-- expect: enum app.status · owner
ALTER TYPE status OWNER TO drift_b;
-- pair: enum comment
-- expect: enum app.status · comment
COMMENT ON TYPE status IS 'x';
-- pair: domain check changed
-- expect: constraint app.positive.positive_check · definition
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
ALTER DOMAIN positive ADD CONSTRAINT positive_check CHECK (VALUE > 1);
-- pair: domain check not valid
-- expect: constraint app.positive.positive_check · validated
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
ALTER DOMAIN positive ADD CONSTRAINT positive_check CHECK (VALUE > 0) NOT VALID;
-- pair: domain check dropped
-- expect: constraint app.positive.positive_check *
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
-- pair: domain check renamed
-- expect: constraint app.positive.positive_check *
-- expect: constraint app.positive.above_zero *
ALTER DOMAIN positive RENAME CONSTRAINT positive_check TO above_zero;
-- pair: domain not null
-- expect: domain app.label · not null
ALTER DOMAIN label SET NOT NULL;
-- pair: domain default
-- expect: domain app.label · default
ALTER DOMAIN label SET DEFAULT 'x';
-- pair: domain base type
-- expect: domain app.label · base type
DROP DOMAIN label; CREATE DOMAIN label AS varchar(10);
-- pair: domain collation
-- expect: domain app.label · collation
DROP DOMAIN label; CREATE DOMAIN label AS text COLLATE "C";
-- pair: domain owner
-- expect: domain app.label · owner
ALTER DOMAIN label OWNER TO drift_b;
-- pair: domain comment
-- expect: domain app.label · comment
COMMENT ON DOMAIN label IS 'x';
-- pair: domain added
-- expect: domain app.short *
CREATE DOMAIN short AS varchar(5);
-- pair: composite attribute added
-- expect: composite type app.address · column order
-- expect: attribute app.address.zip *
ALTER TYPE address ADD ATTRIBUTE zip text;
-- pair: composite attribute type
-- expect: attribute app.address.city · type
ALTER TYPE address ALTER ATTRIBUTE city TYPE varchar(30);
-- pair: composite attribute dropped
-- expect: composite type app.address · column order
-- expect: attribute app.address.city *
ALTER TYPE address DROP ATTRIBUTE city;
-- pair: composite attribute renamed
-- expect: composite type app.address · column order
-- expect: attribute app.address.city *
-- expect: attribute app.address.town *
ALTER TYPE address RENAME ATTRIBUTE city TO town;
-- pair: composite type added
-- expect: composite type app.point3 **
CREATE TYPE point3 AS (x integer, y integer, z integer);
-- pair: composite type comment
-- expect: composite type app.address · comment
COMMENT ON TYPE address IS 'x';
-- pair: range subtype
-- expect: range type app.span · subtype
DROP TYPE span; CREATE TYPE span AS RANGE (subtype = bigint, multirange_type_name = spanmultirange);
-- expect: range type app.span · multirange
-- pair: range subtype difference
-- expect: range type app.span · subtype difference
-- expect: range type app.span · multirange
DROP TYPE span; CREATE TYPE span AS RANGE (subtype = integer, subtype_diff = int4range_subdiff, multirange_type_name = spans);
-- pair: range added
-- expect: range type app.stretch *
CREATE TYPE stretch AS RANGE (subtype = float8);
-- pair: shell type
-- expect: type app.later *
CREATE TYPE later;
-- pair: extension added
-- expect: extension hstore *
CREATE EXTENSION hstore SCHEMA other;
-- pair: extension dropped
-- expect: extension citext *
DROP EXTENSION citext;
-- pair: extension in another schema
-- expect: extension citext · in schema
ALTER EXTENSION citext SET SCHEMA app;
-- pair: extension version
-- expect: extension citext · version
UPDATE pg_extension SET extversion = '1.5' WHERE extname = 'citext';
-- pair: extension loses a member
-- expect: function other.strpos(other.citext, other.citext) *
ALTER EXTENSION citext DROP FUNCTION other.strpos(other.citext, other.citext);
-- pair: extension gains a member
-- expect: table app.dogs **
ALTER EXTENSION citext ADD TABLE dogs;
-- pair: publication dropped
-- expect: publication feed *
-- expect: publication table feed.app.orders *
DROP PUBLICATION feed;
-- pair: publication member added
-- expect: publication table feed.app.customers *
ALTER PUBLICATION feed ADD TABLE customers;
-- pair: publication member dropped
-- expect: publication table feed.app.orders *
ALTER PUBLICATION feed DROP TABLE orders;
-- pair: publication columns
-- expect: publication table feed.app.orders · columns
ALTER PUBLICATION feed SET TABLE orders (id, amount);
-- pair: publication filter
-- expect: publication table feed.app.orders · where
ALTER PUBLICATION feed SET TABLE orders WHERE (id > 5);
-- pair: publication schema
-- expect: publication schema feed.other *
ALTER PUBLICATION feed ADD TABLES IN SCHEMA other;
-- pair: publication operations
-- expect: publication feed · publish
ALTER PUBLICATION feed SET (publish = 'insert');
-- pair: publication root
-- expect: publication feed · via partition root
ALTER PUBLICATION feed SET (publish_via_partition_root = true);
-- pair: publication of all tables
-- expect: publication everything *
CREATE PUBLICATION everything FOR ALL TABLES;
-- pair: publication owner
-- expect: publication feed · comment
COMMENT ON PUBLICATION feed IS 'x';
-- pair: foreign server option
-- expect: foreign server remote · option host
ALTER SERVER remote OPTIONS (SET host 'two');
-- pair: foreign server password
-- expect: foreign server remote · option password
ALTER SERVER remote OPTIONS (SET password 'other');
-- pair: foreign server version
-- expect: foreign server remote · version
ALTER SERVER remote VERSION '2';
-- pair: foreign server added
-- expect: foreign server second *
CREATE SERVER second FOREIGN DATA WRAPPER plain_wrapper;
-- pair: foreign server renamed
-- expect: foreign server remote *
-- expect: foreign server distant *
-- expect: user mapping remote.drift_a *
-- expect: user mapping distant.drift_a *
-- expect: foreign table app.far_away · server
ALTER SERVER remote RENAME TO distant;
-- pair: foreign server owner
-- expect: foreign server remote · owner
ALTER SERVER remote OWNER TO drift_b;
-- pair: user mapping option
-- expect: user mapping remote.drift_a · option user
ALTER USER MAPPING FOR drift_a SERVER remote OPTIONS (SET "user" 'jim');
-- pair: user mapping password
-- expect: user mapping remote.drift_a · option password
ALTER USER MAPPING FOR drift_a SERVER remote OPTIONS (SET password 'other');
-- pair: user mapping dropped
-- expect: user mapping remote.drift_a *
DROP USER MAPPING FOR drift_a SERVER remote;
-- pair: foreign table option
-- expect: foreign table app.far_away · option tab
ALTER FOREIGN TABLE far_away OPTIONS (SET tab 'y');
-- pair: foreign column option
-- expect: column app.far_away.id · option position
ALTER FOREIGN TABLE far_away ALTER id OPTIONS (SET position '2');
-- pair: foreign table dropped
-- expect: foreign table app.far_away **
DROP FOREIGN TABLE far_away;
-- pair: foreign data wrapper added
-- expect: foreign data wrapper second_wrapper *
CREATE FOREIGN DATA WRAPPER second_wrapper;
-- pair: foreign data wrapper option
-- expect: foreign data wrapper plain_wrapper · option debug
ALTER FOREIGN DATA WRAPPER plain_wrapper OPTIONS (debug 'true');
-- pair: operator added
-- expect: operator app."!!!"(app.address, app.address) *
CREATE OPERATOR !!! (LEFTARG = address, RIGHTARG = address, FUNCTION = same);
-- pair: operator dropped
-- expect: operator app."==="(app.address, app.address) *
DROP OPERATOR === (address, address);
-- pair: operator hashes
-- expect: operator app."==="(app.address, app.address) · restrict
ALTER OPERATOR === (address, address) SET (RESTRICT = eqsel);
-- pair: operator class
-- expect: operator class app.address_ops USING hash *
-- expect: operator family app.address_ops USING hash *
CREATE OPERATOR CLASS address_ops FOR TYPE address USING hash AS OPERATOR 1 ===;
-- pair: operator family
-- expect: operator family app.address_family USING btree *
CREATE OPERATOR FAMILY address_family USING btree;
-- pair: cast added
-- expect: cast (app.address AS integer) *
CREATE CAST (address AS integer) WITH INOUT;
-- pair: cast context
-- expect: cast (text AS app.positive) · context
DROP CAST (text AS positive); CREATE CAST (text AS positive) WITH INOUT AS ASSIGNMENT;
-- pair: cast dropped
-- expect: cast (text AS app.positive) *
DROP CAST (text AS positive);
-- pair: text search mapping
-- expect: text search configuration app.words · mappings
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH plain_words;
-- pair: text search mapping dropped
-- expect: text search configuration app.words · mappings
ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR asciiword;
-- pair: text search configuration added
-- expect: text search configuration app.phrases *
CREATE TEXT SEARCH CONFIGURATION phrases (PARSER = pg_catalog."default");
-- pair: text search dictionary option
-- expect: text search dictionary app.plain_words · parameters
ALTER TEXT SEARCH DICTIONARY plain_words (accept = false);
-- pair: text search dictionary added
-- expect: text search dictionary app.other_words *
CREATE TEXT SEARCH DICTIONARY other_words (TEMPLATE = pg_catalog.simple);
-- pair: text search template
-- expect: text search template app.own_template *
CREATE TEXT SEARCH TEMPLATE own_template (LEXIZE = dsimple_lexize);
-- pair: text search parser
-- expect: text search parser app.own_parser *
CREATE TEXT SEARCH PARSER own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
-- pair: collation added
-- expect: collation app.second_c *
CREATE COLLATION second_c (provider = libc, locale = 'C');
-- pair: collation locale
-- expect: collation app.plain_c · locale
DROP COLLATION plain_c; CREATE COLLATION plain_c (provider = libc, locale = 'POSIX');
-- pair: collation comment
-- expect: collation app.plain_c · comment
COMMENT ON COLLATION plain_c IS 'x';
-- pair: conversion
-- expect: conversion app.own_conversion *
CREATE CONVERSION own_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
