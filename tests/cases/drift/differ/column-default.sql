-- a
CREATE TABLE t (a TEXT DEFAULT 'new');
-- b
CREATE TABLE t (a TEXT DEFAULT 'New');
-- expect
-- column t.a · default: 'new' -> 'New'
