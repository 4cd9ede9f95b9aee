-- a
CREATE VIEW v (a) AS SELECT 1;
-- b
CREATE VIEW v (A) AS SELECT 1;
-- expect
-- view v · columns: a -> A
