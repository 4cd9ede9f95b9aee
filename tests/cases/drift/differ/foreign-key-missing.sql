-- a
CREATE TABLE u (id INTEGER PRIMARY KEY);
CREATE TABLE t (u_id INT);
-- b
CREATE TABLE u (id INTEGER PRIMARY KEY);
CREATE TABLE t (u_id INT REFERENCES u (id));
-- expect
-- foreign key t(u_id) · exists: none -> yes
-- foreign key t(u_id) · on delete: none -> no action
-- foreign key t(u_id) · on update: none -> no action
-- foreign key t(u_id) · references: none -> u(id)
