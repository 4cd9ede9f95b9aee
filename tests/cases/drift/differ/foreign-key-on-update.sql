-- a
CREATE TABLE t (u_id INT REFERENCES u (id) ON UPDATE CASCADE);
-- b
CREATE TABLE t (u_id INT REFERENCES u (id) ON UPDATE SET NULL);
-- expect
-- foreign key t(u_id) · on update: cascade -> set null
