-- Columns of tables and views, in their order.
SELECT c.oid::int8 AS relation, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, c.relkind::text AS relkind,
       quote_ident(a.attname) AS name, a.attnum AS number, a.attislocal AS local,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint k
 WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)
 AS required,
       (SELECT quote_ident(k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid
AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
AND k.conname <> c.relname || '_' || a.attname || '_not_null') AS required_name,
       CASE WHEN a.attcollation <> y.typcollation THEN a.attcollation::regcollation::text END AS collation,
       a.attgenerated::text AS generated, a.attidentity::text AS identity,
       ad.oid::int8 AS default_oid, pg_get_expr(ad.adbin, ad.adrelid) AS expression,
       CASE WHEN a.attidentity <> '' THEN (
 SELECT format('SEQUENCE NAME %%s START WITH %%s INCREMENT BY %%s MINVALUE %%s MAXVALUE %%s CACHE %%s%%s',
        quote_ident(sn.nspname) || '.' || quote_ident(sc.relname), s.seqstart, s.seqincrement,
        s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)
 FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class sc ON sc.oid = d.objid
 JOIN pg_namespace sn ON sn.oid = sc.relnamespace
 WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum
 AND d.classid = 'pg_class'::regclass AND d.deptype = 'i') END AS sequence,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstorage <> y.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN'
 WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END AS storage,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS target,
       array_to_string(a.attoptions, ', ') AS options,
       (SELECT string_agg(quote_ident(option_name) || ' ' || quote_literal(option_value), ', ')
FROM pg_options_to_table(a.attfdwoptions)) AS foreign_options,
       CASE WHEN a.attacl IS NOT NULL THEN (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(a.attacl) g) END AS acl,
       pg_get_userbyid(c.relowner) AS owner,
       col_description(c.oid, a.attnum) AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_attrdef ad ON ad.adrelid = c.oid AND ad.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
ORDER BY a.attnum
