-- a
CREATE VIEW v AS SELECT 1 AS a;
-- b
-- expect
-- view v · definition: SELECT 1 AS a -> none
-- view v · exists: yes -> none
