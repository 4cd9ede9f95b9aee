-- a
CREATE TABLE t (a INT, b INT);
CREATE TRIGGER g BEFORE UPDATE OF a, b ON t WHEN new.a = 1 BEGIN UPDATE t SET a = CASE WHEN a THEN 1 END WHERE b = 1; REPLACE INTO t VALUES (1, 2); END;
-- b
CREATE TABLE t (a INT, b INT);
create trigger if not exists G update of B, A on T for each row when (NEW.a == 1)
begin
  update t set a = (case when (a) then 1 end) where (b = 1); -- one; two
  insert or replace into t values (1, (2));
end;
-- expect
