-- What is described in terms of certain objects' names: the query that tells it, and the unit there.
WITH seed AS (
    SELECT classid, objid
    FROM unnest(%(classes)s::regclass[], %(objects)s::oid[]) AS given (classid, objid)
), direct AS (
    SELECT classid::oid AS classid, objid FROM seed
    UNION
    SELECT 'pg_type'::regclass, c.reltype
    FROM seed s JOIN pg_class c ON s.classid = 'pg_class'::regclass AND c.oid = s.objid AND c.reltype <> 0
    UNION
    SELECT 'pg_type'::regclass, r.rngmultitypid
    FROM seed s JOIN pg_range r ON s.classid = 'pg_type'::regclass AND r.rngtypid = s.objid
), referred AS (
    SELECT classid, objid FROM direct
    UNION
    SELECT 'pg_type'::regclass, t.typarray
    FROM direct d JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid AND t.typarray <> 0
), dependent AS (
    SELECT DISTINCT d.classid, d.objid
    FROM referred r JOIN pg_depend d ON d.refclassid = r.classid AND d.refobjid = r.objid
)
