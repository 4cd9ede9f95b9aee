-- What needs what; but not that a sequence is owned by a column, which is said later.
SELECT d.classid::int8, d.objid::int8, d.refclassid::int8, d.refobjid::int8, d.refobjsubid FROM pg_depend d
WHERE d.deptype IN ('n', 'a', 'i', 'P', 'S') AND d.objid >= 16384 AND d.refobjid >= 16384
AND NOT (d.deptype = 'a' AND d.refobjsubid > 0 AND d.classid = 'pg_class'::regclass
 AND EXISTS (SELECT FROM pg_class s WHERE s.oid = d.objid AND s.relkind = 'S'))
