-- a
CREATE TABLE t (u_id INT REFERENCES u (id));
-- b
CREATE TABLE t (u_id INT REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED);
-- expect
-- foreign key t(u_id) · deferrable: none -> initially deferred
