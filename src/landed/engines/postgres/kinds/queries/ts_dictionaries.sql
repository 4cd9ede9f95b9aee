-- Text search dictionaries.
SELECT t.oid AS unit, 'text search dictionary' AS kind, n.nspname AS schema, NULL AS parent,
       t.dictname AS name,
       'yes' AS exists,
       quote_ident(tn.nspname) || '.' || quote_ident(tp.tmplname) AS template,
       t.dictinitoption AS parameters,
       pg_get_userbyid(t.dictowner) AS owner,
       d.description AS comment
FROM pg_ts_dict t
JOIN pg_namespace n ON n.oid = t.dictnamespace
JOIN pg_ts_template tp ON tp.oid = t.dicttemplate
JOIN pg_namespace tn ON tn.oid = tp.tmplnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_ts_dict'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_ts_dict'::regclass AND e.objid = t.oid)
