-- Constraints of tables; those that come from a parent are made with it.
SELECT 'pg_constraint'::regclass::oid::int8 AS class, k.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, quote_ident(k.conname) AS name,
       k.contype::text AS contype, pg_get_constraintdef(k.oid) AS definition, c.relkind::text AS relkind,
       CASE WHEN ip.inhparent IS NOT NULL THEN quote_ident(pn.nspname) || '.' || quote_ident(pi.relname) END
 AS attach_to,
       quote_ident(xn.nspname) || '.' || quote_ident(xi.relname) AS index,
       array_to_string(xi.reloptions, ', ') AS options,
       quote_literal(obj_description(xi.oid, 'pg_class')) AS index_comment,
       obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class xi ON xi.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_namespace xn ON xn.oid = xi.relnamespace
LEFT JOIN pg_inherits ip ON ip.inhrelid = xi.oid
LEFT JOIN pg_class pi ON pi.oid = ip.inhparent LEFT JOIN pg_namespace pn ON pn.oid = pi.relnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e') AND (k.contype IN ('p', 'u', 'x', 'c', 'f') OR k.contype = 'n' AND NOT k.convalidated AND k.conislocal)
AND (k.contype <> 'f' OR k.conparentid = 0) AND (k.contype <> 'c' OR k.conislocal)
