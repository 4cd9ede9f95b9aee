-- What is there in a certain state: filled or not, declared or inherited, switched off on one side.
-- pair: matview emptied
-- expect: materialized view app.per_region · populated
REFRESH MATERIALIZED VIEW per_region WITH NO DATA;
-- pair: matview filled
-- expect: materialized view app.v · populated
-- setup
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA;
-- change
REFRESH MATERIALIZED VIEW v;
-- pair: matview filled in a block
-- expect: materialized view app.v · populated
-- setup
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA;
-- change
DO $$ BEGIN EXECUTE 'REFRESH MATERIALIZED VIEW app.v'; END $$;
-- pair: matview over another emptied
-- expect: materialized view app.u · populated
-- setup
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW u AS SELECT a FROM v;
-- change
REFRESH MATERIALIZED VIEW u WITH NO DATA;
-- pair: matview made again without rows
-- expect: materialized view app.v · populated
-- setup
CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;
-- change
DROP MATERIALIZED VIEW v; CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA;
-- pair: column declared in the child, too
-- expect: column app.w.b · declared here
-- setup
CREATE TABLE p (a int, b int); CREATE TABLE w () INHERITS (p);
-- change
DROP TABLE w; CREATE TABLE w (b int) INHERITS (p);
-- pair: column declared in the child and then in the parent
-- expect: column app.w.b · declared here
-- setup
CREATE TABLE p (a int); CREATE TABLE w () INHERITS (p); ALTER TABLE p ADD b int;
-- change
DROP TABLE w; CREATE TABLE w (a int, b int); ALTER TABLE w DROP a; ALTER TABLE w ADD a int; DROP TABLE w; CREATE TABLE w (b int) INHERITS (p);
-- pair: column of two parents declared in the child
-- expect: column app.w.a · declared here
-- setup
CREATE TABLE p (a int); CREATE TABLE q (a int); CREATE TABLE w () INHERITS (p, q);
-- change
DROP TABLE w; CREATE TABLE w (a int) INHERITS (p, q);
-- pair: column of the child's child
-- expect: column app.x.a · declared here
-- setup
CREATE TABLE p (a int); CREATE TABLE w () INHERITS (p); CREATE TABLE x () INHERITS (w);
-- change
DROP TABLE x; CREATE TABLE x (a int) INHERITS (w);
-- pair: check declared in the child, too
-- expect: constraint app.w.k · declared here
-- setup
CREATE TABLE p (a int CONSTRAINT k CHECK (a > 0)); CREATE TABLE w () INHERITS (p);
-- change
DROP TABLE w; CREATE TABLE w (CONSTRAINT k CHECK (a > 0)) INHERITS (p);
-- pair: column loses its parent and gets it back
-- expect: column app.w.a · declared here
-- setup
CREATE TABLE p (a int); CREATE TABLE w () INHERITS (p);
-- change
ALTER TABLE w NO INHERIT p; ALTER TABLE w INHERIT p;
-- pair: foreign key off on the parent
-- expect: constraint app.w.w_a_fkey · referenced triggers
-- setup
CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE w (a int REFERENCES p);
-- change
ALTER TABLE p DISABLE TRIGGER ALL;
-- pair: foreign key off on the child
-- expect: constraint app.w.w_a_fkey · triggers
-- setup
CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE w (a int REFERENCES p);
-- change
ALTER TABLE w DISABLE TRIGGER ALL;
-- pair: foreign key off on the other side
-- expect: constraint app.w.w_a_fkey · triggers
-- expect: constraint app.w.w_a_fkey · referenced triggers
-- setup
CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE w (a int REFERENCES p); ALTER TABLE p DISABLE TRIGGER ALL;
-- change
ALTER TABLE p ENABLE TRIGGER ALL; ALTER TABLE w DISABLE TRIGGER ALL;
-- pair: foreign key to itself off
-- expect: constraint app.w.w_b_fkey · triggers
-- expect: constraint app.w.w_b_fkey · referenced triggers
-- setup
CREATE TABLE w (a int PRIMARY KEY, b int REFERENCES w);
-- change
ALTER TABLE w DISABLE TRIGGER ALL;
-- pair: foreign key off on one of two parents
-- expect: constraint app.w.w_b_fkey · referenced triggers
-- setup
CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE q (a int PRIMARY KEY); CREATE TABLE w (a int REFERENCES p, b int REFERENCES q);
-- change
ALTER TABLE q DISABLE TRIGGER ALL;
-- pair: foreign key for replicas only
-- expect: constraint app.w.w_a_fkey · referenced triggers
-- setup
CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE w (a int REFERENCES p ON DELETE CASCADE);
-- change
DO $$ DECLARE t name; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'app.p'::regclass LOOP EXECUTE format('ALTER TABLE app.p ENABLE REPLICA TRIGGER %I', t); END LOOP; END $$;
-- pair: another time zone
-- expect: column app.w.a · default
-- setup
CREATE TABLE w (a timestamp DEFAULT (now() AT TIME ZONE 'utc'));
-- change
ALTER TABLE w ALTER a SET DEFAULT timezone('cet', now());
-- pair: a function of one's own called timezone
-- expect: column app.w.a · default
-- setup
CREATE FUNCTION timezone(text, timestamptz) RETURNS timestamp LANGUAGE sql AS 'SELECT null::timestamp'; CREATE TABLE w (a timestamp DEFAULT (now() AT TIME ZONE 'utc'));
-- change
ALTER TABLE w ALTER a SET DEFAULT app.timezone('utc', now());
