-- a
CREATE TABLE t (a INT, b INT CHECK (b > 0));
-- b
CREATE TABLE t ( -- the table
  a INT, /* first */
  b INT CHECK (b /* ; */ > 0) -- second
);
-- expect
