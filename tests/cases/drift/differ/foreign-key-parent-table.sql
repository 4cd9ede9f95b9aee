-- a
CREATE TABLE t (u_id INT REFERENCES u (id));
-- b
CREATE TABLE t (u_id INT REFERENCES u_old (id));
-- expect
-- foreign key t(u_id) · references: u(id) -> u_old(id)
