-- a
CREATE TABLE t (u_id INT REFERENCES u (id));
-- b
CREATE TABLE t (u_id INT REFERENCES u (id) ON DELETE CASCADE);
-- expect
-- foreign key t(u_id) · on delete: no action -> cascade
