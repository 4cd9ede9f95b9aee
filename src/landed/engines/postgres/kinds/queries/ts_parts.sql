-- Text search parsers and templates.
SELECT s.oid AS unit, s.kind, n.nspname AS schema, NULL AS parent, s.name,
       'yes' AS exists,
       s.functions,
       d.description AS comment
FROM (
    SELECT 'pg_ts_parser'::regclass AS catalog, oid, prsnamespace AS namespace, prsname AS name,
           'text search parser' AS kind,
           concat_ws(', ', prsstart, prstoken, prsend, prslextype, nullif(prsheadline::text, '-')) AS functions
    FROM pg_ts_parser
    UNION ALL
    SELECT 'pg_ts_template'::regclass, oid, tmplnamespace, tmplname, 'text search template',
           concat_ws(', ', nullif(tmplinit::text, '-'), tmpllexize)
    FROM pg_ts_template) s
JOIN pg_namespace n ON n.oid = s.namespace
LEFT JOIN pg_description d ON d.classoid = s.catalog AND d.objoid = s.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = s.catalog AND e.objid = s.oid)
