-- Pairs that come to the same schema in another writing or by another history.
-- pair: types by other names
CREATE TABLE w (a int, b int8, c varchar, d decimal(5,2), e bool, f timestamptz, g float8, h char(3), i timestamp);
-- other
CREATE TABLE w (a integer, b bigint, c character varying, d numeric(5,2), e boolean, f timestamp with time zone, g double precision, h character(3), i timestamp without time zone);
-- pair: case and quotes
CREATE TABLE W (A INT);
-- other
create table "w" ("a" int);
-- pair: constraints in the column or after it
CREATE TABLE w (a int PRIMARY KEY, b int UNIQUE, c int REFERENCES keyed (id), d int CHECK (d > 0));
-- other
CREATE TABLE w (a int, b int, c int, d int, CONSTRAINT w_pkey PRIMARY KEY (a), CONSTRAINT w_b_key UNIQUE (b), CONSTRAINT w_c_fkey FOREIGN KEY (c) REFERENCES keyed (id), CONSTRAINT w_d_check CHECK (d > 0));
-- pair: constraints altered in
CREATE TABLE w (a int NOT NULL DEFAULT 1, CONSTRAINT x CHECK (a > 0));
-- other
CREATE TABLE w (a int); ALTER TABLE w ALTER a SET NOT NULL, ALTER a SET DEFAULT 1, ADD CONSTRAINT x CHECK (a > 0);
-- pair: serial by hand
CREATE TABLE w (a serial);
-- other
CREATE SEQUENCE w_a_seq AS integer; CREATE TABLE w (a integer NOT NULL DEFAULT nextval('w_a_seq')); ALTER SEQUENCE w_a_seq OWNED BY w.a;
-- pair: a column that came and went
CREATE TABLE w (a int, b int);
-- other
CREATE TABLE w (a int, gone text, b int); ALTER TABLE w DROP gone;
-- pair: columns one by one
CREATE TABLE w (a int, b text DEFAULT 'x');
-- other
CREATE TABLE w (); ALTER TABLE w ADD a int; ALTER TABLE w ADD COLUMN IF NOT EXISTS b text DEFAULT 'x';
-- pair: renamed table
CREATE TABLE w (a int, CONSTRAINT w_x CHECK (a > 0)); CREATE INDEX w_i ON w (a);
-- other
CREATE TABLE v (a int, CONSTRAINT w_x CHECK (a > 0)); CREATE INDEX w_i ON v (a); ALTER TABLE v RENAME TO w;
-- pair: renamed column
CREATE TABLE w (a int, CONSTRAINT x CHECK (a > 0)); CREATE INDEX i ON w (a); CREATE VIEW v AS SELECT a FROM w;
-- other
CREATE TABLE w (b int, CONSTRAINT x CHECK (b > 0)); CREATE INDEX i ON w (b); ALTER TABLE w RENAME b TO a; CREATE VIEW v AS SELECT a FROM w;
-- pair: renamed and back
CREATE TABLE w (a int CONSTRAINT x CHECK (a > 0)); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a int CONSTRAINT x CHECK (a > 0)); CREATE INDEX i ON w (a); ALTER TABLE w RENAME a TO b; ALTER TABLE w RENAME b TO a;
-- pair: dropped and made again
CREATE TABLE w (a int); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a text, b int); DROP TABLE w; CREATE TABLE w (a int); CREATE INDEX i ON w (a);
-- pair: type changed on the way
CREATE TABLE w (a bigint DEFAULT 5); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a int DEFAULT 5); CREATE INDEX i ON w (a); ALTER TABLE w ALTER a TYPE bigint;
-- pair: not valid and validated
CREATE TABLE w (a int); ALTER TABLE w ADD CONSTRAINT x CHECK (a > 0);
-- other
CREATE TABLE w (a int); ALTER TABLE w ADD CONSTRAINT x CHECK (a > 0) NOT VALID; ALTER TABLE w VALIDATE CONSTRAINT x;
-- pair: unique by an index made before
CREATE TABLE w (a int CONSTRAINT k UNIQUE);
-- other
CREATE TABLE w (a int); CREATE UNIQUE INDEX i ON w (a); ALTER TABLE w ADD CONSTRAINT k UNIQUE USING INDEX i;
-- pair: primary key by an index made before
CREATE TABLE w (a int, CONSTRAINT k PRIMARY KEY (a));
-- other
CREATE TABLE w (a int NOT NULL); CREATE UNIQUE INDEX k ON w (a); ALTER TABLE w ADD PRIMARY KEY USING INDEX k;
-- pair: in and any
CREATE TABLE w (a int, CONSTRAINT x CHECK (a IN (1, 2)));
-- other
CREATE TABLE w (a int, CONSTRAINT x CHECK (a = ANY (ARRAY[1, 2])));
-- pair: varchar list restored
CREATE TABLE w (a varchar(9), CONSTRAINT x CHECK (a IN ('p', 'q''s')));
-- other
CREATE TABLE w (a varchar(9), CONSTRAINT x CHECK (((a)::text = ANY (ARRAY[('p'::character varying)::text, ('q''s'::character varying)::text]))));
-- pair: varchar list in an index restored
CREATE TABLE w (a varchar); CREATE INDEX i ON w (a) WHERE a NOT IN ('x, y', 'z');
-- other
CREATE TABLE w (a varchar); CREATE INDEX i ON w (a) WHERE ((a)::text <> ALL (ARRAY[('x, y'::character varying)::text, ('z'::character varying)::text]));
-- pair: varchar list in a policy restored
CREATE TABLE w (a varchar); CREATE POLICY p ON w USING (a IN ('x', 'y'));
-- other
CREATE TABLE w (a varchar); CREATE POLICY p ON w USING (((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character varying)::text])));
-- pair: varchar list in a view restored
CREATE TABLE w (a varchar, b int); CREATE VIEW v AS SELECT b FROM w WHERE a IN ('x', 'y');
-- other
CREATE TABLE w (a varchar, b int); CREATE VIEW v AS SELECT b FROM w WHERE ((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character varying)::text]));
-- pair: redundant parentheses
CREATE TABLE w (a int, CONSTRAINT x CHECK (a > 0 AND a < 9));
-- other
CREATE TABLE w (a int, CONSTRAINT x CHECK (((a) > (0)) AND ((a < 9))));
-- pair: between
CREATE TABLE w (a int, CONSTRAINT x CHECK (a BETWEEN 1 AND 9));
-- other
CREATE TABLE w (a int, CONSTRAINT x CHECK (a >= 1 AND a <= 9));
-- pair: default cast
CREATE TABLE w (a text DEFAULT 'x', b jsonb DEFAULT '{}', c date DEFAULT '2024-02-03');
-- other
CREATE TABLE w (a text DEFAULT 'x'::text, b jsonb DEFAULT '{}'::jsonb, c date DEFAULT date '2024-02-03');
-- pair: cast in two ways
CREATE TABLE w (a int, CONSTRAINT x CHECK (a::text <> 'y'));
-- other
CREATE TABLE w (a int, CONSTRAINT x CHECK (CAST(a AS text) != 'y'));
-- pair: default dropped and null
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int DEFAULT NULL); ALTER TABLE w ALTER a DROP DEFAULT;
-- pair: now in two ways
CREATE TABLE w (a timestamptz DEFAULT now());
-- other
CREATE TABLE w (a timestamptz DEFAULT pg_catalog.now());
-- pair: index ascending
CREATE TABLE w (a int); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a int); CREATE INDEX IF NOT EXISTS i ON w USING btree (a ASC NULLS LAST);
-- pair: index named by itself
CREATE TABLE w (a int); CREATE INDEX ON w (a);
-- other
CREATE TABLE w (a int); CREATE INDEX w_a_idx ON w (a);
-- pair: index reindexed
CREATE TABLE w (a int); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a int); CREATE INDEX i ON w (a); REINDEX INDEX i;
-- pair: index options in another order
CREATE TABLE w (a text); CREATE INDEX i ON w (a) WITH (fillfactor = 70, deduplicate_items = off) WHERE a > 'b';
-- other
CREATE TABLE w (a text); CREATE INDEX i ON w (a) WITH (deduplicate_items = false) WHERE a > 'b'; ALTER INDEX i SET (fillfactor = '70');
-- pair: view with and without qualifiers
CREATE TABLE w (a int, b int); CREATE VIEW v AS SELECT a, b FROM w WHERE a > 1 ORDER BY b;
-- other
CREATE TABLE w (a int, b int); CREATE VIEW v AS SELECT w.a, w.b FROM app.w WHERE w.a > 1 ORDER BY w.b;
-- pair: view of a star
CREATE TABLE w (a int, b int); CREATE VIEW v AS SELECT * FROM w;
-- other
CREATE TABLE w (a int, b int); CREATE VIEW v AS SELECT a, b FROM w;
-- pair: view column list
CREATE TABLE w (a int); CREATE VIEW v (z) AS SELECT a FROM w;
-- other
CREATE TABLE w (a int); CREATE VIEW v AS SELECT a AS z FROM w;
-- pair: view replaced
CREATE TABLE w (a int); CREATE VIEW v AS SELECT a FROM w;
-- other
CREATE TABLE w (a int); CREATE VIEW v AS SELECT a FROM w WHERE a > 1; CREATE OR REPLACE VIEW v AS SELECT a FROM w;
-- pair: view formatted otherwise
CREATE TABLE w (a int); CREATE VIEW v AS SELECT a, count(*) AS n FROM w GROUP BY a HAVING count(*) > 1;
-- other
CREATE TABLE w (a int);
CREATE VIEW v AS /* counted */ select a
  , COUNT (*) as n -- how many
from w group by 1 having count(*)>1;
-- pair: view option spelled otherwise
CREATE TABLE w (a int); CREATE VIEW v WITH (security_invoker = true) AS SELECT a FROM w;
-- other
CREATE TABLE w (a int); CREATE VIEW v AS SELECT a FROM w; ALTER VIEW v SET (security_invoker = ON);
-- pair: join written two ways
CREATE TABLE w (a int); CREATE TABLE u (a int); CREATE VIEW v AS SELECT w.a FROM w JOIN u ON u.a = w.a;
-- other
CREATE TABLE w (a int); CREATE TABLE u (a int); CREATE VIEW v AS SELECT w.a FROM w INNER JOIN u ON (u.a = w.a);
-- pair: matview without rows and then filled
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;
-- other
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA; REFRESH MATERIALIZED VIEW v;
-- pair: matview that was emptied twice
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA;
-- other
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; REFRESH MATERIALIZED VIEW v; REFRESH MATERIALIZED VIEW v WITH NO DATA;
-- pair: a child that declares nothing
CREATE TABLE p (a int CHECK (a > 0)); CREATE TABLE w () INHERITS (p);
-- other
CREATE TABLE p (a int); CREATE TABLE w () INHERITS (p); ALTER TABLE p ADD CHECK (a > 0);
-- pair: a column declared before it was inherited
CREATE TABLE p (a int); CREATE TABLE w (a int) INHERITS (p);
-- other
CREATE TABLE p (a int); CREATE TABLE w (a int); ALTER TABLE w INHERIT p;
-- pair: triggers of a foreign key switched off and on
CREATE TABLE w (a int REFERENCES keyed (id));
-- other
CREATE TABLE w (a int REFERENCES keyed (id)); ALTER TABLE w DISABLE TRIGGER ALL; ALTER TABLE keyed DISABLE TRIGGER ALL; ALTER TABLE w ENABLE TRIGGER ALL; ALTER TABLE keyed ENABLE TRIGGER ALL;
-- pair: a partition made or attached
CREATE TABLE p (a int CHECK (a > 0)) PARTITION BY LIST (a); CREATE TABLE w PARTITION OF p FOR VALUES IN (1);
-- other
CREATE TABLE p (a int CHECK (a > 0)) PARTITION BY LIST (a); CREATE TABLE w (a int CONSTRAINT p_a_check CHECK (a > 0)); ALTER TABLE p ATTACH PARTITION w FOR VALUES IN (1);
-- pair: function replaced
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- pair: function quoted otherwise
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql VOLATILE CALLED ON NULL INPUT SECURITY INVOKER COST 100 AS $$SELECT 1$$;
-- other
CREATE FUNCTION f(IN a integer) RETURNS int4 AS 'SELECT 1' LANGUAGE 'sql';
-- pair: function with space around its body
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$;
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$
SELECT 1
$$;
-- pair: function setting in two ways
CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() SET search_path TO '';
-- pair: function altered and back
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'; ALTER FUNCTION f() VOLATILE;
-- pair: owner rights granted by hand
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); GRANT ALL ON w TO CURRENT_USER;
-- pair: grant and revoke
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); GRANT SELECT ON w TO drift_a; REVOKE SELECT ON w FROM drift_a;
-- pair: grants one by one
CREATE TABLE w (a int); GRANT SELECT, INSERT ON w TO drift_a, drift_b;
-- other
CREATE TABLE w (a int); GRANT INSERT ON w TO drift_b; GRANT SELECT ON w TO drift_b; GRANT SELECT ON w TO drift_a; GRANT INSERT ON w TO drift_a;
-- pair: execute revoked and given back
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO PUBLIC;
-- pair: default privileges instead of a grant
CREATE TABLE w (a int); GRANT SELECT ON w TO drift_b; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO drift_b;
-- other
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO drift_b; CREATE TABLE w (a int);
-- pair: default privileges given and taken
CREATE TABLE w (a int);
-- other
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO drift_b; ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM drift_b; CREATE TABLE w (a int);
-- pair: policy roles in another order
CREATE TABLE w (a int); CREATE POLICY p ON w TO drift_a, drift_b USING (a = 1);
-- other
CREATE TABLE w (a int); CREATE POLICY p ON w AS PERMISSIVE FOR ALL TO drift_b, drift_a USING (a = 1);
-- pair: policy altered into shape
CREATE TABLE w (a int); CREATE POLICY p ON w USING (a = 1);
-- other
CREATE TABLE w (a int); CREATE POLICY q ON w USING (a = 2); ALTER POLICY q ON w USING (a = 1); ALTER POLICY q ON w RENAME TO p;
-- pair: row level security switched twice
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); ALTER TABLE w ENABLE ROW LEVEL SECURITY; ALTER TABLE w DISABLE ROW LEVEL SECURITY;
-- pair: enum grown
CREATE TYPE e AS ENUM ('a', 'b', 'c');
-- other
CREATE TYPE e AS ENUM ('a', 'c'); ALTER TYPE e ADD VALUE 'b' AFTER 'a';
-- pair: enum value renamed
CREATE TYPE e AS ENUM ('a', 'b');
-- other
CREATE TYPE e AS ENUM ('a', 'x'); ALTER TYPE e RENAME VALUE 'x' TO 'b';
-- pair: domain in steps
CREATE DOMAIN d AS int DEFAULT 1 NOT NULL CONSTRAINT x CHECK (VALUE > 0);
-- other
CREATE DOMAIN d AS int4; ALTER DOMAIN d SET DEFAULT 1; ALTER DOMAIN d SET NOT NULL; ALTER DOMAIN d ADD CONSTRAINT x CHECK (VALUE > 0);
-- pair: composite type in steps
CREATE TYPE c AS (a int, b text);
-- other
CREATE TYPE c AS (a int); ALTER TYPE c ADD ATTRIBUTE b text;
-- pair: sequence with its defaults written out
CREATE SEQUENCE s;
-- other
CREATE SEQUENCE s AS bigint INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 START 1 CACHE 1 NO CYCLE;
-- pair: sequence that was used
CREATE SEQUENCE s;
-- other
CREATE SEQUENCE s; SELECT nextval('s'); SELECT setval('s', 500);
-- pair: identity written out
CREATE TABLE w (a int GENERATED BY DEFAULT AS IDENTITY);
-- other
CREATE TABLE w (a int NOT NULL); ALTER TABLE w ALTER a ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 1 INCREMENT BY 1);
-- pair: partition attached
CREATE TABLE w (a int, b int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- other
CREATE TABLE w (a int, b int) PARTITION BY LIST (a); CREATE TABLE w1 (a int, b int); ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1);
-- pair: partition index attached by hand
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE INDEX i ON ONLY w (a); CREATE TABLE w1 (a int); CREATE INDEX w1_a_idx ON w1 (a); ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1);
-- pair: foreign key of partitions attached
CREATE TABLE w (a int REFERENCES keyed (id)) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- other
CREATE TABLE w (a int REFERENCES keyed (id)) PARTITION BY LIST (a); CREATE TABLE w1 (a int, CONSTRAINT own_name FOREIGN KEY (a) REFERENCES keyed (id)); ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1);
-- pair: trigger of partitions
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TRIGGER t BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION touch(); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- other
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1); CREATE OR REPLACE TRIGGER t BEFORE INSERT ON w FOR EACH ROW EXECUTE PROCEDURE touch();
-- pair: inherited later
CREATE TABLE w (a int); CREATE TABLE w1 (a int) INHERITS (w);
-- other
CREATE TABLE w (a int); CREATE TABLE w1 (a int); ALTER TABLE w1 INHERIT w;
-- pair: table like another
CREATE TABLE w (a int[] NOT NULL DEFAULT '{}', b text); CREATE TABLE u (a int[] NOT NULL DEFAULT '{}', b text);
-- other
CREATE TABLE w (a integer[][] NOT NULL DEFAULT '{}'::int[], b text); CREATE TABLE u (LIKE w INCLUDING DEFAULTS);
-- pair: table from a query
CREATE TABLE w (a int[], b text);
-- other
CREATE TABLE w AS SELECT ARRAY[1] AS a, 'x'::text AS b;
-- pair: rows
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); INSERT INTO w SELECT generate_series(1, 100); ANALYZE w; DELETE FROM w;
-- pair: comment set and taken back
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); COMMENT ON TABLE w IS 'x'; COMMENT ON COLUMN w.a IS 'y'; COMMENT ON TABLE w IS NULL; COMMENT ON COLUMN w.a IS '';
-- pair: storage parameter reset
CREATE TABLE w (a text);
-- other
CREATE TABLE w (a text) WITH (fillfactor = 50, toast.autovacuum_enabled = off); ALTER TABLE w RESET (fillfactor, toast.autovacuum_enabled);
-- pair: publication members one by one
CREATE TABLE w (a int); CREATE TABLE u (a int); CREATE PUBLICATION p FOR TABLE w, u;
-- other
CREATE TABLE w (a int); CREATE TABLE u (a int); CREATE PUBLICATION p; ALTER PUBLICATION p ADD TABLE u; ALTER PUBLICATION p ADD TABLE ONLY w;
-- pair: trigger events in another order
CREATE TABLE w (a int); CREATE TRIGGER t AFTER INSERT OR UPDATE ON w FOR EACH ROW EXECUTE FUNCTION touch();
-- other
CREATE TABLE w (a int); CREATE TRIGGER t AFTER UPDATE OR INSERT ON w FOR ROW EXECUTE PROCEDURE app.touch();
-- pair: temporary tables
CREATE TABLE w (a int);
-- other
CREATE TEMPORARY TABLE scratch AS SELECT 1 AS a; CREATE TEMPORARY VIEW seen AS SELECT * FROM scratch; CREATE TABLE w (a int);
-- pair: session settings
CREATE TABLE w (a timestamptz DEFAULT '2024-01-01 12:00+00', b interval DEFAULT '1 day', c bytea DEFAULT '\x01', d date DEFAULT '2024-03-04', e float8 DEFAULT 0.1); CREATE VIEW v AS SELECT a FROM w WHERE a > '2024-01-01 12:00+00';
-- other
SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape'; SET quote_all_identifiers = on; SET extra_float_digits = 0;
CREATE TABLE w (a timestamptz DEFAULT '2024-01-01 12:00+00', b interval DEFAULT '1 day', c bytea DEFAULT '\x01', d date DEFAULT '04.03.2024', e float8 DEFAULT 0.1); CREATE VIEW v AS SELECT a FROM w WHERE a > '2024-01-01 12:00+00';
-- pair: search path
CREATE TABLE w (a status, b int); CREATE VIEW v AS SELECT a FROM w; SET check_function_bodies = off; CREATE FUNCTION f(x status) RETURNS w LANGUAGE sql AS 'SELECT 1';
-- other
SET search_path = other, app; SET check_function_bodies = off; CREATE TABLE app.w (a app.status, b int); CREATE VIEW app.v AS SELECT a FROM app.w; CREATE FUNCTION app.f(x app.status) RETURNS app.w LANGUAGE sql AS 'SELECT 1';
-- pair: update of columns in another order
CREATE TABLE w (a int, b int); CREATE TRIGGER t BEFORE UPDATE OF a, b ON w FOR EACH ROW EXECUTE FUNCTION touch();
-- other
CREATE TABLE w (a int, b int); CREATE TRIGGER t BEFORE UPDATE OF b, a ON w FOR EACH ROW EXECUTE FUNCTION touch();
-- pair: scale factor spelled otherwise
CREATE TABLE w (a int) WITH (autovacuum_vacuum_scale_factor = 0.1);
-- other
CREATE TABLE w (a int); ALTER TABLE w SET (autovacuum_vacuum_scale_factor = .10);
-- pair: column option spelled otherwise
CREATE TABLE w (a int); ALTER TABLE w ALTER a SET (n_distinct = 5);
-- other
CREATE TABLE w (a int); ALTER TABLE w ALTER a SET (n_distinct = 5.0);
-- pair: vacuum index cleanup in letter case
CREATE TABLE w (a int) WITH (vacuum_index_cleanup = auto);
-- other
CREATE TABLE w (a int) WITH (vacuum_index_cleanup = 'AUTO');
-- pair: boolean storage parameter without a value
CREATE TABLE w (a int) WITH (autovacuum_enabled);
-- other
CREATE TABLE w (a int) WITH (autovacuum_enabled = 'TRUE');
-- pair: dictionary options in another order
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
-- other
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, StopWords = 'english', Language = 'english');
-- pair: dictionary option set and removed
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = pg_catalog.simple);
-- other
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = pg_catalog.simple, ACCEPT = false); ALTER TEXT SEARCH DICTIONARY d (accept);
-- pair: configuration copied and built
CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.simple);
-- other
CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default"); ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciihword, asciiword, email, file, float, host, hword, hword_asciipart, hword_numpart, hword_part, int, numhword, numword, sfloat, uint, url, url_path, version, word WITH simple;
-- pair: statistics target reset
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); ALTER TABLE w ALTER a SET STATISTICS 100; ALTER TABLE w ALTER a SET STATISTICS -1;
-- pair: statistics kinds written out
CREATE TABLE w (a int, b int); CREATE STATISTICS s ON a, b FROM w;
-- other
CREATE TABLE w (a int, b int); CREATE STATISTICS s (mcv, ndistinct, dependencies) ON b, a FROM w;
-- pair: replica identity set and back
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); ALTER TABLE w REPLICA IDENTITY FULL; ALTER TABLE w REPLICA IDENTITY DEFAULT;
-- pair: clustered and not
CREATE TABLE w (a int); CREATE INDEX i ON w (a);
-- other
CREATE TABLE w (a int); CREATE INDEX i ON w (a); CLUSTER w USING i; ALTER TABLE w SET WITHOUT CLUSTER;
-- pair: identity options written out
CREATE TABLE w (a int GENERATED ALWAYS AS IDENTITY);
-- other
CREATE TABLE w (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app.w_a_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 NO CYCLE));
-- pair: identity widened
CREATE TABLE w (a bigint GENERATED ALWAYS AS IDENTITY);
-- other
CREATE TABLE w (a int GENERATED ALWAYS AS IDENTITY); ALTER TABLE w ALTER a TYPE bigint; ALTER SEQUENCE w_a_seq AS bigint;
-- pair: sequence altered and back
CREATE SEQUENCE s;
-- other
CREATE SEQUENCE s START 5 MINVALUE 2 MAXVALUE 100 INCREMENT 2 CYCLE CACHE 3; ALTER SEQUENCE s START 1 NO MINVALUE NO MAXVALUE INCREMENT 1 NO CYCLE CACHE 1 RESTART;
-- pair: foreign key deferrable and back
CREATE TABLE w (a int REFERENCES keyed);
-- other
CREATE TABLE w (a int REFERENCES keyed DEFERRABLE); ALTER TABLE w ALTER CONSTRAINT w_a_fkey NOT DEFERRABLE;
-- pair: not null by hand
CREATE TABLE w (a int NOT NULL);
-- other
CREATE TABLE w (a int); ALTER TABLE w ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE w VALIDATE CONSTRAINT c; ALTER TABLE w ALTER a SET NOT NULL; ALTER TABLE w DROP CONSTRAINT c;
-- pair: constraint's index renamed
CREATE TABLE w (a int CONSTRAINT k UNIQUE);
-- other
CREATE TABLE w (a int CONSTRAINT x UNIQUE); ALTER INDEX x RENAME TO k;
-- pair: operator class written out
CREATE TABLE w (a text, b int); CREATE INDEX i ON w (a, b DESC);
-- other
CREATE TABLE w (a text, b int); CREATE INDEX i ON w USING btree (a text_ops, b int4_ops DESC NULLS FIRST);
-- pair: exclusion with its defaults
CREATE TABLE w (a int4range, EXCLUDE USING gist (a WITH &&));
-- other
CREATE TABLE w (a int4range, CONSTRAINT w_a_excl EXCLUDE USING gist (a range_ops WITH OPERATOR(pg_catalog.&&)) NOT DEFERRABLE);
-- pair: partition detached and attached
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- other
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1); ALTER TABLE w DETACH PARTITION w1; ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1);
-- pair: partition's primary key attached by hand
CREATE TABLE w (a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1);
-- other
CREATE TABLE w (a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE w1 (a int NOT NULL, CONSTRAINT w1_pkey PRIMARY KEY (a)); ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1);
-- pair: partition list values in another order
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (1, 2);
-- other
CREATE TABLE w (a int) PARTITION BY LIST (a); CREATE TABLE w1 PARTITION OF w FOR VALUES IN (2, 1);
-- pair: parents' order by history
CREATE TABLE p (a int); CREATE TABLE q (a int); CREATE TABLE w () INHERITS (p, q);
-- other
CREATE TABLE p (a int); CREATE TABLE q (a int); CREATE TABLE w () INHERITS (p); ALTER TABLE w INHERIT q;
-- pair: owner given and taken back of a function
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC;
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() OWNER TO drift_b; REVOKE ALL ON FUNCTION f() FROM PUBLIC; ALTER FUNCTION f() OWNER TO CURRENT_USER;
-- pair: column grants swept by a table's revoke
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); GRANT SELECT (a), UPDATE (a) ON w TO drift_a; REVOKE ALL ON w FROM drift_a;
-- pair: revoked from the owner and given back
CREATE TABLE w (a int);
-- other
CREATE TABLE w (a int); REVOKE ALL ON w FROM CURRENT_USER; GRANT ALL ON w TO CURRENT_USER;
-- pair: default privileges revoked and given back
CREATE TABLE w (a int);
-- other
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC; CREATE TABLE w (a int);
-- pair: function settings in another order
CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = app SET work_mem = '4MB' AS 'SELECT 1';
-- other
CREATE FUNCTION f() RETURNS int LANGUAGE sql SET work_mem TO '4MB' SET search_path TO 'app' AS 'SELECT 1';
-- pair: parsed body written otherwise
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN a + 1;
-- other
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN (f.a + (1));
-- pair: aggregate replaced
CREATE AGGREGATE a (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
-- other
CREATE AGGREGATE a (BASETYPE = int4, SFUNC = pg_catalog.int4pl, STYPE = int4, INITCOND = '0');
-- pair: operator by another history
CREATE OPERATOR ### (LEFTARG = address, RIGHTARG = address, FUNCTION = same, RESTRICT = eqsel);
-- other
CREATE OPERATOR ### (PROCEDURE = same, LEFTARG = address, RIGHTARG = address); ALTER OPERATOR ### (address, address) SET (RESTRICT = eqsel);
-- pair: enum grown at the front
CREATE TYPE e AS ENUM ('a', 'b', 'c', 'd');
-- other
CREATE TYPE e AS ENUM ('d'); ALTER TYPE e ADD VALUE 'a' BEFORE 'd'; ALTER TYPE e ADD VALUE IF NOT EXISTS 'c' BEFORE 'd'; ALTER TYPE e ADD VALUE 'b' AFTER 'a';
-- pair: view check option in two ways
CREATE TABLE w (a int); CREATE VIEW v AS SELECT a FROM w WITH LOCAL CHECK OPTION;
-- other
CREATE TABLE w (a int); CREATE VIEW v WITH (check_option = 'LOCAL') AS SELECT a FROM w;
-- pair: publication altered into shape
CREATE TABLE w (a int PRIMARY KEY, b int); CREATE PUBLICATION p FOR TABLE w (a, b) WITH (publish = 'insert, update');
-- other
CREATE TABLE w (a int PRIMARY KEY, b int); CREATE PUBLICATION p WITH (publish = 'update,insert', publish_via_partition_root = false); ALTER PUBLICATION p ADD TABLE w (b, a);
-- pair: foreign options in another order
CREATE SERVER s FOREIGN DATA WRAPPER plain_wrapper OPTIONS (a '1', b '2');
-- other
CREATE SERVER s FOREIGN DATA WRAPPER plain_wrapper OPTIONS (b '2', a '3', c '4'); ALTER SERVER s OPTIONS (SET a '1', DROP c);
-- pair: like including all
CREATE TABLE u (a int DEFAULT 1, b text NOT NULL, CONSTRAINT c CHECK (a > 0)); CREATE TABLE w (a int DEFAULT 1, b text NOT NULL, CONSTRAINT c CHECK (a > 0));
-- other
CREATE TABLE u (a int DEFAULT 1, b text NOT NULL, CONSTRAINT c CHECK (a > 0)); CREATE TABLE w (LIKE u INCLUDING ALL);
-- pair: default of a number
CREATE TABLE w (a numeric DEFAULT 1, b int DEFAULT -1, c bigint DEFAULT 5, d boolean DEFAULT true, e uuid DEFAULT gen_random_uuid());
-- other
CREATE TABLE w (a numeric DEFAULT (1), b int DEFAULT (-1), c bigint DEFAULT (5), d bool DEFAULT 't'::bool, e uuid DEFAULT pg_catalog.gen_random_uuid());
-- pair: column position by dropping and adding
CREATE TABLE w (a int, b int, c int);
-- other
CREATE TABLE w (a int, c text, b int); ALTER TABLE w DROP c, ADD c int;
-- pair: not null of a renamed column
CREATE TABLE w (a int NOT NULL);
-- other
CREATE TABLE w (b int NOT NULL); ALTER TABLE w RENAME b TO a;
-- pair: typed table and its type
CREATE TABLE w (street text, city varchar(20));
-- other
CREATE TABLE w OF address; ALTER TABLE w NOT OF;
-- pair: column of the parent that came later
CREATE TABLE p (a int, c int); CREATE TABLE w (b int) INHERITS (p);
-- other
CREATE TABLE p (a int); CREATE TABLE w (b int) INHERITS (p); ALTER TABLE p ADD c int;
-- pair: inherited in the order of a dump
CREATE TABLE p (b int); CREATE TABLE w (a int, b int); ALTER TABLE w INHERIT p;
-- other
CREATE TABLE p (b int); CREATE TABLE w (a int, b int) INHERITS (p);
-- pair: time zone in SQL's syntax or as a function
CREATE TABLE w (c timestamp DEFAULT (now() AT TIME ZONE 'utc'));
-- other
CREATE TABLE w (c timestamp DEFAULT timezone('utc'::text, now()));
-- pair: time zone of a column in SQL's syntax or as a function
CREATE TABLE w (a timestamptz, c date GENERATED ALWAYS AS ((a AT TIME ZONE 'Europe/Paris')::date) STORED);
-- other
CREATE TABLE w (a timestamptz, c date GENERATED ALWAYS AS (timezone('Europe/Paris', a)::date) STORED);
-- pair: time zone inside another in SQL's syntax or as a function
CREATE TABLE w (a timestamp CHECK ((a AT TIME ZONE 'utc' AT TIME ZONE 'it''s, (x)') > a));
-- other
CREATE TABLE w (a timestamp CHECK (timezone('it''s, (x)', timezone('utc', a)) > a));
-- pair: substring in SQL's syntax or as a function
CREATE TABLE w (a text CHECK (substring(a from 1 for 2) = 'x'), b text CHECK (substring(b from 'x.') = 'xy'));
-- other
CREATE TABLE w (a text CHECK (substring(a, 1, 2) = 'x'), b text CHECK (substring(b, 'x.') = 'xy'));
-- pair: position in SQL's syntax or as a function
CREATE TABLE w (a text CHECK (position('@' in a) > 0));
-- other
CREATE TABLE w (a text CHECK (pg_catalog.position(a, '@') > 0));
-- pair: overlay in SQL's syntax or as a function
CREATE TABLE w (a text DEFAULT overlay('abc' placing 'x' from 2 for 1));
-- other
CREATE TABLE w (a text DEFAULT pg_catalog.overlay('abc', 'x', 2, 1));
-- pair: trim in SQL's syntax or as a function
CREATE TABLE w (a text CHECK (trim(a) = a), b text CHECK (trim(leading 'x' from b) = trim(trailing from b)));
-- other
CREATE TABLE w (a text CHECK (btrim(a) = a), b text CHECK (ltrim(b, 'x') = rtrim(b)));
-- pair: overlaps in SQL's syntax or as a function
CREATE TABLE w (a timestamptz, b timestamptz CHECK ((a, b) OVERLAPS ('2020-01-01'::timestamptz, '2021-01-01'::timestamptz)));
-- other
CREATE TABLE w (a timestamptz, b timestamptz CHECK (pg_catalog.overlaps(a, b, '2020-01-01'::timestamptz, '2021-01-01'::timestamptz)));
-- pair: time zone in a view, an index and a policy
CREATE TABLE w (a timestamptz); CREATE INDEX i ON w ((a AT TIME ZONE 'utc')); CREATE VIEW v AS SELECT a AT TIME ZONE 'utc' AS b FROM w; CREATE POLICY p ON w USING ((a AT TIME ZONE 'utc') > '2020-01-01');
-- other
CREATE TABLE w (a timestamptz); CREATE INDEX i ON w (timezone('utc', a)); CREATE VIEW v AS SELECT timezone('utc', a) AS b FROM w; CREATE POLICY p ON w USING (timezone('utc', a) > '2020-01-01');
