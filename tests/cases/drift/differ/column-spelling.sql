-- a
CREATE TABLE t (userid TEXT);
-- b
CREATE TABLE t (userId TEXT);
-- expect
-- column t.userid · spelling: userid -> userId
