-- a
CREATE VIRTUAL TABLE s USING rtree(id, x0, x1);
-- b
CREATE VIRTUAL TABLE s USING rtree_i32(id, x0, x1);
-- expect
-- virtual table s · module: rtree -> rtree_i32
