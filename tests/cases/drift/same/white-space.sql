-- a
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x');
-- b
create   table t(
	id integer primary key,
  a text not null default 'x'
);
-- expect
