-- Enums, domains, composite and range types, shell types.
SELECT 'pg_type'::regclass::oid::int8 AS class, t.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS name, quote_ident(n.nspname) AS schema, pg_get_userbyid(t.typowner) AS owner, obj_description(t.oid, 'pg_type') AS comment, t.typtype::text AS typtype,
       (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) g) AS acl,
       (SELECT coalesce(string_agg(quote_literal(v.enumlabel), ', ' ORDER BY v.enumsortorder), '')
FROM pg_enum v WHERE v.enumtypid = t.oid) AS labels,
       format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull AS required,
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) AS default,
       CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END AS collation,
       (SELECT string_agg(' CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid), ''
ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
AND k.convalidated) AS checks,
       (SELECT array_agg(format('ALTER DOMAIN %%s ADD CONSTRAINT %%I %%s', t.oid::regtype, k.conname,
pg_get_constraintdef(k.oid))) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
AND NOT k.convalidated) AS late_checks,
       (SELECT array_agg(format('COMMENT ON CONSTRAINT %%I ON DOMAIN %%s IS %%L', k.conname, t.oid::regtype,
obj_description(k.oid, 'pg_constraint'))) FROM pg_constraint k WHERE k.contypid = t.oid
AND obj_description(k.oid, 'pg_constraint') IS NOT NULL) AS check_comments,
       (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
|| CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END,
', ' ORDER BY a.attnum) FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes,
       (SELECT array_agg(format('COMMENT ON COLUMN %%s.%%I IS %%L', t.oid::regtype, a.attname,
col_description(a.attrelid, a.attnum))) FROM pg_attribute a WHERE a.attrelid = t.typrelid
AND col_description(a.attrelid, a.attnum) IS NOT NULL) AS attribute_comments,
       (SELECT concat_ws(', ', 'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
CASE WHEN NOT o.opcdefault THEN 'SUBTYPE_OPCLASS = ' || quote_ident(po.nspname) || '.' || quote_ident(o.opcname) END,
CASE WHEN r.rngcollation <> s.typcollation THEN 'COLLATION = ' || r.rngcollation::regcollation END,
CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical END,
CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff END,
'MULTIRANGE_TYPE_NAME = ' || r.rngmultitypid::regtype)
FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_namespace po ON po.oid = o.opcnamespace
JOIN pg_type s ON s.oid = r.rngsubtype WHERE r.rngtypid = t.oid) AS range
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid LEFT JOIN pg_type b ON b.oid = t.typbasetype
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_type'::regclass AND x.objid = t.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c' OR NOT t.typisdefined)
