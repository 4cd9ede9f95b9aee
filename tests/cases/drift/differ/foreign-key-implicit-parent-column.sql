-- a
CREATE TABLE u (id INT PRIMARY KEY, x INT UNIQUE);
CREATE TABLE t (u_id INT REFERENCES u);
-- b
CREATE TABLE u (id INT PRIMARY KEY, x INT UNIQUE);
CREATE TABLE t (u_id INT REFERENCES u (x));
-- expect
-- foreign key t(u_id) · references: u(id) -> u(x)
