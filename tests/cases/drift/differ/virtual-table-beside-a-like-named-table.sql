-- a
CREATE VIRTUAL TABLE s USING rtree(id, x0, x1);
CREATE TABLE s_data (a INT);
-- b
CREATE VIRTUAL TABLE s USING rtree(id, x0, x1);
-- expect
-- column s_data.a · exists: yes -> none
-- column s_data.a · not null: no -> none
-- column s_data.a · spelling: a -> none
-- column s_data.a · type: int -> none
-- table s_data · column order: a -> none
-- table s_data · exists: yes -> none
