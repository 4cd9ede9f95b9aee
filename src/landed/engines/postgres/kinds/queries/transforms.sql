-- Transforms that no extension brought.
SELECT t.oid AS unit, 'transform' AS kind, NULL AS schema, NULL AS parent, NULL AS name,
       '(FOR ' || format_type(t.trftype, NULL) || ' LANGUAGE ' || quote_ident(l.lanname) || ')' AS signature,
       'yes' AS exists,
       CASE WHEN t.trffromsql <> 0 THEN t.trffromsql::regprocedure::text END AS "from SQL",
       CASE WHEN t.trftosql <> 0 THEN t.trftosql::regprocedure::text END AS "to SQL",
       d.description AS comment
FROM pg_transform t
JOIN pg_language l ON l.oid = t.trflang
LEFT JOIN pg_description d ON d.classoid = 'pg_transform'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_transform'::regclass AND e.objid = t.oid)
