-- Functions, procedures and aggregates, but the constructors of ranges.
SELECT 'pg_proc'::regclass::oid::int8 AS class, p.oid::int8 AS oid, quote_ident(n.nspname) AS schema, p.prokind::text AS prokind,
       quote_ident(n.nspname) || '.' || quote_ident(p.proname)
 || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' AS signature,
       l.lanname AS language, pg_get_function_result(p.oid) AS result,
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END AS sql,
       pg_get_userbyid(p.proowner) AS owner,
       (SELECT json_agg(json_build_array(CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)) FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g) AS acl,
       obj_description(p.oid, 'pg_proc') AS comment,
       CASE WHEN p.prokind = 'a' THEN format('CREATE AGGREGATE %%s.%%I(%%s) (%%s)', quote_ident(n.nspname), p.proname,
 pg_get_function_arguments(p.oid), concat_ws(', ', 'SFUNC = ' || g.aggtransfn::regproc,
 'STYPE = ' || format_type(g.aggtranstype, NULL), 'SSPACE = ' || nullif(g.aggtransspace, 0),
 'FINALFUNC = ' || CASE WHEN g.aggfinalfn <> 0 THEN g.aggfinalfn::regproc::text END, CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
 CASE WHEN g.aggfinalfn <> 0 AND g.aggfinalmodify <> 'r' THEN 'FINALFUNC_MODIFY = ' || CASE g.aggfinalmodify WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
 'COMBINEFUNC = ' || CASE WHEN g.aggcombinefn <> 0 THEN g.aggcombinefn::regproc::text END, 'SERIALFUNC = ' || CASE WHEN g.aggserialfn <> 0 THEN g.aggserialfn::regproc::text END,
 'DESERIALFUNC = ' || CASE WHEN g.aggdeserialfn <> 0 THEN g.aggdeserialfn::regproc::text END, 'INITCOND = ' || quote_literal(g.agginitval),
 'MSFUNC = ' || CASE WHEN g.aggmtransfn <> 0 THEN g.aggmtransfn::regproc::text END, 'MINVFUNC = ' || CASE WHEN g.aggminvtransfn <> 0 THEN g.aggminvtransfn::regproc::text END,
 'MSTYPE = ' || CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END,
 'MFINALFUNC = ' || CASE WHEN g.aggmfinalfn <> 0 THEN g.aggmfinalfn::regproc::text END, 'MINITCOND = ' || quote_literal(g.aggminitval),
 (SELECT 'SORTOP = OPERATOR(' || quote_ident(sn.nspname) || '.' || so.oprname || ')' FROM pg_operator so
  JOIN pg_namespace sn ON sn.oid = so.oprnamespace WHERE so.oid = g.aggsortop),
 CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
 CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END)) END AS aggregate
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
AND NOT (l.lanname = 'internal' AND p.prosrc ~ '^(multi)?range_constructor')
