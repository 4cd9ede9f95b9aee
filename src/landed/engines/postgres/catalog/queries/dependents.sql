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
SELECT w.query, d.objid AS unit
FROM dependent d
JOIN (VALUES ('pg_constraint'::regclass, 'constraints'), ('pg_constraint', 'domain_constraints'),
             ('pg_rewrite', 'rules'), ('pg_trigger', 'triggers'), ('pg_policy', 'policies'),
             ('pg_proc', 'functions'), ('pg_proc', 'aggregates'), ('pg_type', 'types'),
             ('pg_class', 'tables'), ('pg_class', 'columns'), ('pg_class', 'indexes'),
             ('pg_class', 'sequences'), ('pg_class', 'views')) AS w (catalog, query) ON w.catalog = d.classid
UNION
SELECT 'views', r.ev_class
FROM dependent d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
UNION
SELECT 'columns', a.adrelid
FROM dependent d JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
UNION
SELECT w.query, w.unit
FROM seed s
CROSS JOIN LATERAL (
    SELECT 'indexes' AS query, indexrelid AS unit FROM pg_index WHERE indrelid = s.objid
    UNION ALL SELECT 'constraints', oid FROM pg_constraint WHERE conrelid = s.objid
    UNION ALL SELECT 'triggers', oid FROM pg_trigger WHERE tgrelid = s.objid
    UNION ALL SELECT 'policies', oid FROM pg_policy WHERE polrelid = s.objid
    UNION ALL SELECT 'rules', oid FROM pg_rewrite WHERE ev_class = s.objid
    UNION ALL SELECT 'tables', inhrelid FROM pg_inherits WHERE inhparent = s.objid
    UNION ALL SELECT 'indexes', inhrelid FROM pg_inherits WHERE inhparent = s.objid
    UNION ALL SELECT of_relation.query, s.objid
        FROM (VALUES ('tables'), ('columns'), ('views'), ('sequences')) of_relation (query)) w
WHERE s.classid = 'pg_class'::regclass
UNION
SELECT 'domain_constraints', c.oid
FROM seed s JOIN pg_constraint c ON s.classid = 'pg_type'::regclass AND c.contypid = s.objid
