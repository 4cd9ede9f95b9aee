-- a
CREATE TABLE t (a INT, CONSTRAINT t_a FOREIGN KEY (a) REFERENCES u (id));
-- b
CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES u (id));
-- expect
-- foreign key t(a) · name: t_a -> none
