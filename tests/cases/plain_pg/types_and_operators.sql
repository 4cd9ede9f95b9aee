CREATE TYPE pair AS (a int, b text); CREATE TYPE span AS RANGE (SUBTYPE = int4); CREATE FUNCTION same(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR === (LEFTARG = pair, RIGHTARG = pair, FUNCTION = same); CREATE ROLE type_owner; ALTER TYPE pair OWNER TO type_owner; ALTER TYPE span OWNER TO type_owner;
CREATE CAST (pair AS text) WITH INOUT; CREATE COLLATION german FROM "C"; CREATE TEXT SEARCH CONFIGURATION plain_words (COPY = simple); CREATE TABLE sts (a int, b int); CREATE STATISTICS st ON a, b FROM sts;
