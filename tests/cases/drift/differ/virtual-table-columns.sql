-- a
CREATE VIRTUAL TABLE s USING fts5(title, body);
-- b
CREATE VIRTUAL TABLE s USING fts5(title, body UNINDEXED);
-- expect
-- virtual table s · arguments: title, body -> title, body unindexed
