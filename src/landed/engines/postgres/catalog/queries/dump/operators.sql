-- Operators.
SELECT 'pg_operator'::regclass::oid::int8 AS class, o.oid::int8 AS oid, quote_ident(n.nspname) AS schema, pg_get_userbyid(o.oprowner) AS owner,
       quote_ident(n.nspname) || '.' || o.oprname || ' (' || CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END
 || ', ' || format_type(o.oprright, NULL) || ')' AS name,
       format('CREATE OPERATOR %%I.%%s (%%s)', n.nspname, o.oprname, concat_ws(', ', 'FUNCTION = ' || o.oprcode::regproc,
 CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || format_type(o.oprleft, NULL) END,
 'RIGHTARG = ' || format_type(o.oprright, NULL),
 (SELECT 'COMMUTATOR = OPERATOR(' || quote_ident(xn.nspname) || '.' || x.oprname || ')' FROM pg_operator x
  JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.oprcom),
 (SELECT 'NEGATOR = OPERATOR(' || quote_ident(xn.nspname) || '.' || x.oprname || ')' FROM pg_operator x
  JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.oprnegate),
 'RESTRICT = ' || CASE WHEN o.oprrest <> 0 THEN o.oprrest::regproc::text END, 'JOIN = ' || CASE WHEN o.oprjoin <> 0 THEN o.oprjoin::regproc::text END,
 CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END)) AS sql,
       obj_description(o.oid, 'pg_operator') AS comment
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE n.nspname ~ %(schemas)s AND o.oprcode <> 0 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_operator'::regclass AND x.objid = o.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
