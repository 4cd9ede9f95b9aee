-- Objects that are made with another.
SELECT 'pg_rewrite'::regclass::oid::int8, r.oid::int8, 'pg_class'::regclass::oid::int8, r.ev_class::int8
FROM pg_rewrite r WHERE r.rulename = '_RETURN' AND r.oid >= 16384
UNION ALL SELECT 'pg_type'::regclass::oid::int8, t.oid::int8, 'pg_class'::regclass::oid::int8, t.typrelid::int8
FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE c.relkind <> 'c' AND t.oid >= 16384
UNION ALL SELECT 'pg_class'::regclass::oid::int8, t.typrelid::int8, 'pg_type'::regclass::oid::int8, t.oid::int8
FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE c.relkind = 'c' AND t.oid >= 16384
UNION ALL SELECT 'pg_type'::regclass::oid::int8, t.typarray::int8, 'pg_type'::regclass::oid::int8, t.oid::int8
FROM pg_type t WHERE t.typarray <> 0 AND t.oid >= 16384
UNION ALL SELECT 'pg_type'::regclass::oid::int8, r.rngmultitypid::int8, 'pg_type'::regclass::oid::int8,
  r.rngtypid::int8 FROM pg_range r WHERE r.rngtypid >= 16384
UNION ALL SELECT 'pg_attrdef'::regclass::oid::int8, d.oid::int8, 'pg_class'::regclass::oid::int8, d.adrelid::int8
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> ''
UNION ALL SELECT 'pg_class'::regclass::oid::int8, k.conindid::int8, 'pg_constraint'::regclass::oid::int8, k.oid::int8
FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'x')
UNION ALL SELECT d.classid::int8, d.objid::int8, d.refclassid::int8, d.refobjid::int8 FROM pg_depend d
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'i'
UNION ALL SELECT d.classid::int8, d.objid::int8, d.refclassid::int8, d.refobjid::int8 FROM pg_depend d
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
