-- a
CREATE TABLE t (id TEXT, PRIMARY KEY (id));
-- b
CREATE TABLE t (id TEXT, CONSTRAINT t_pk PRIMARY KEY (id));
-- expect
-- primary key t · name: none -> t_pk
