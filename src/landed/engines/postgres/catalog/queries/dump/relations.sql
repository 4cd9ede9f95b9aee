-- Tables, views, materialised and foreign tables, without their columns.
SELECT 'pg_class'::regclass::oid::int8 AS class, c.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, quote_ident(n.nspname) AS schema,
       c.relkind::text AS relkind, c.relpersistence::text AS persistence, c.relispartition AS partition,
       c.relrowsecurity AS rls, c.relforcerowsecurity AS forced, c.relreplident::text AS identity,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partkey,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       (SELECT array_agg(quote_ident(pn.nspname) || '.' || quote_ident(pc.relname) ORDER BY i.inhseqno)
FROM pg_inherits i JOIN pg_class pc ON pc.oid = i.inhparent
JOIN pg_namespace pn ON pn.oid = pc.relnamespace WHERE i.inhrelid = c.oid) AS parents,
       CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS oftype,
       (SELECT array_agg(o) FROM (SELECT unnest(c.reloptions) AS o
 UNION ALL SELECT 'toast.' || unnest(t.reloptions)) AS o) AS options,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
       c.relispopulated AS populated,
       quote_ident(f.srvname) AS server,
       (SELECT string_agg(quote_ident(option_name) || ' ' || quote_literal(option_value), ', ')
FROM pg_options_to_table(ft.ftoptions)) AS foreign_options,
       CASE WHEN am.amname <> 'heap' THEN quote_ident(am.amname) END AS method,
       pg_get_userbyid(c.relowner) AS owner,
       (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g) AS acl,
       obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
LEFT JOIN pg_foreign_server f ON f.oid = ft.ftserver
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
