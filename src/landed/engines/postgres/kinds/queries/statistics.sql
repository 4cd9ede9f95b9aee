-- Extended statistics objects.
SELECT s.oid AS unit, 'statistics' AS kind, n.nspname AS schema, NULL AS parent, s.stxname AS name,
       'yes' AS exists,
       pg_get_statisticsobjdef(s.oid) AS definition,
       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END AS "statistics target",
       pg_get_userbyid(s.stxowner) AS owner,
       d.description AS comment
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_statistic_ext'::regclass AND d.objoid = s.oid
                          AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_statistic_ext'::regclass AND e.objid = s.oid)
