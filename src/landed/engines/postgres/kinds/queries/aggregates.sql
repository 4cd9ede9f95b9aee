-- What makes an aggregate, as further properties of it.
SELECT p.oid AS unit, 'aggregate' AS kind, n.nspname AS schema, NULL AS parent, p.proname AS name,
       '(' || oidvectortypes(p.proargtypes) || ')' AS signature,
       a.aggtransfn::text AS "state function",
       format_type(a.aggtranstype, NULL) AS "state type",
       nullif(a.aggtransspace, 0)::text AS "state size",
       a.agginitval AS "initial state",
       CASE WHEN a.aggfinalfn <> 0 THEN a.aggfinalfn::text END AS "final function",
       CASE WHEN a.aggfinalextra THEN 'yes' END AS "final extra",
       CASE WHEN a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
            THEN a.aggfinalmodify::text END AS "final modify",
       CASE WHEN a.aggcombinefn <> 0 THEN a.aggcombinefn::text END AS "combine function",
       CASE WHEN a.aggserialfn <> 0 THEN a.aggserialfn::text END AS "serial function",
       CASE WHEN a.aggdeserialfn <> 0 THEN a.aggdeserialfn::text END AS "deserial function",
       CASE WHEN a.aggmtransfn <> 0 THEN concat_ws(', ', a.aggmtransfn::text, a.aggminvtransfn::text,
            format_type(a.aggmtranstype, NULL), a.aggmtransspace, a.aggminitval, a.aggmfinalfn::text,
            a.aggmfinalextra, a.aggmfinalmodify) END AS "moving state",
       CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::regoperator::text END AS "sort operator",
       CASE a.aggkind WHEN 'o' THEN 'ordered set' WHEN 'h' THEN 'hypothetical set' END AS "aggregate kind"
FROM pg_aggregate a
JOIN pg_proc p ON p.oid = a.aggfnoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind = 'a'
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
  AND p.oid = ANY (%(units)s) -- only
