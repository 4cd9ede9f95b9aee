-- a
CREATE TABLE t (a INT, b INT);
CREATE VIEW v AS SELECT a, b AS n FROM t INNER JOIN t AS u ON t.a = u.a WHERE a > 1 ORDER BY a LIMIT 1 OFFSET 2;
-- b
CREATE TABLE t (a INT, b INT);
create view if not exists [v] as select ALL (a), `b` n
from t join t u on (t.a = u.a) where ((a) > 1) order by a asc limit 2, 1;
-- expect
