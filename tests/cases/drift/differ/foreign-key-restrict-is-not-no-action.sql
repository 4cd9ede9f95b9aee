-- a
CREATE TABLE t (u_id INT REFERENCES u (id) ON DELETE NO ACTION);
-- b
CREATE TABLE t (u_id INT REFERENCES u (id) ON DELETE RESTRICT);
-- expect
-- foreign key t(u_id) · on delete: no action -> restrict
