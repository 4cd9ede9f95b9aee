-- a
CREATE VIEW v AS SELECT 1 AS userid;
-- b
CREATE VIEW v AS SELECT 1 AS userId;
-- expect
-- view v · definition: SELECT 1 AS userid -> SELECT 1 AS userId
