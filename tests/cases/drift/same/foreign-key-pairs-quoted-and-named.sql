-- a
CREATE TABLE p ("X x" INT, y INT, PRIMARY KEY ("X x", y));
CREATE TABLE t ("b b" INT, a INT, CONSTRAINT k FOREIGN KEY ("b b", a) REFERENCES p ("X x", y));
-- b
CREATE TABLE p ([X x] INT, y INT, PRIMARY KEY ([X x], y));
CREATE TABLE t ("b b" INT, a INT, CONSTRAINT k FOREIGN KEY (a, `B b`) REFERENCES p (y, [x x]));
-- expect
