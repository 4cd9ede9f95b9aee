CREATE ROLE definer; CREATE TABLE secrets (a int); ALTER TABLE secrets OWNER TO definer; CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT count(*) FROM secrets';
ALTER FUNCTION peek OWNER TO definer; REVOKE ALL ON FUNCTION peek() FROM PUBLIC; CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'; ALTER ROUTINE twice(int) OWNER TO definer;
CREATE AGGREGATE add_up (int) (SFUNC = int4pl, STYPE = int); ALTER AGGREGATE add_up (int) OWNER TO definer;
