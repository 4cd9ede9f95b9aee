-- a
CREATE TABLE t (a TEXT COLLATE NOCASE REFERENCES u (ID) ON DELETE SET NULL);
CREATE INDEX i ON t (a DESC);
-- b
create table T (a text collate nocase references U (id) on delete set null);
create index I on T (A desc);
-- expect
