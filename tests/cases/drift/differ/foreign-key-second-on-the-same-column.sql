-- a
CREATE TABLE t (a INT REFERENCES u (id));
-- b
CREATE TABLE t (a INT REFERENCES u (id) REFERENCES v (id));
-- expect
-- foreign key t(a) 2 · exists: none -> yes
-- foreign key t(a) 2 · on delete: none -> no action
-- foreign key t(a) 2 · on update: none -> no action
-- foreign key t(a) 2 · references: none -> v(id)
