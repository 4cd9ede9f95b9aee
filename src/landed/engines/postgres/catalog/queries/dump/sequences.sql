-- Sequences; those of identity columns are made with the table.
SELECT 'pg_class'::regclass::oid::int8 AS class, c.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, quote_ident(n.nspname) AS schema,
       format('CREATE %%sSEQUENCE %%s AS %%s INCREMENT BY %%s MINVALUE %%s MAXVALUE %%s START WITH %%s CACHE %%s%%s',
 CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, quote_ident(n.nspname) || '.' || quote_ident(c.relname), format_type(s.seqtypid, NULL),
 s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
 CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END) AS sql,
       (SELECT o.refobjid::int8 FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid
AND o.deptype = 'a' AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0) AS owned_by,
       (SELECT o.refobjid::regclass::text || '.' || quote_ident(oa.attname)
FROM pg_depend o JOIN pg_attribute oa ON oa.attrelid = o.refobjid AND oa.attnum = o.refobjsubid
WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype = 'a'
AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0) AS owned,
       EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid
AND i.deptype = 'i') AS identity,
       pg_get_userbyid(c.relowner) AS owner,
       (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(c.relacl, acldefault('s', c.relowner))) g) AS acl,
       obj_description(c.oid, 'pg_class') AS comment
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
