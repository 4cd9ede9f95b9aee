-- Functions, procedures, aggregates and window functions; planner hints only where not the default.
-- The constructors that a range type brings with it are its own.
SELECT p.oid AS unit,
       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
                      ELSE 'function' END AS kind,
       n.nspname AS schema, NULL AS parent, p.proname AS name,
       '(' || oidvectortypes(p.proargtypes) || ')' AS signature,
       'yes' AS exists,
       pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_result(p.oid) AS returns,
       l.lanname AS language,
       CASE WHEN p.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(p.oid) END AS definition,
       CASE WHEN p.prosqlbody IS NULL AND p.prokind <> 'a' THEN p.prosrc END AS body,
       p.probin AS library,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
       CASE WHEN p.prokind <> 'a' THEN CASE WHEN p.prosecdef THEN 'yes' ELSE 'no' END END
         AS "security definer",
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS parallel,
       CASE WHEN p.proisstrict THEN 'yes' END AS strict,
       CASE WHEN p.proleakproof THEN 'yes' END AS leakproof,
       CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') OR p.prokind = 'a' THEN 1 ELSE 100 END
            THEN p.procost::text END AS cost,
       CASE WHEN p.prorows <> CASE WHEN p.proretset THEN 1000 ELSE 0 END THEN p.prorows::text END AS rows,
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::text END AS support,
       p.protrftypes::regtype[]::text AS transforms,
       p.proconfig AS settings,
       pg_get_userbyid(p.proowner) AS owner,
       p.proacl::text AS acl,
       d.description AS comment
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT (l.lanname = 'internal' AND p.prosrc ~ '^(multi)?range_constructor')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
  AND p.oid = ANY (%(units)s) -- only
