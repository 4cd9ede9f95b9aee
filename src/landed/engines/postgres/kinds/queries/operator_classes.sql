-- Operator classes; their operators and functions are told with their families.
SELECT c.oid AS unit, 'operator class' AS kind, n.nspname AS schema, NULL AS parent, c.opcname AS name,
       ' USING ' || am.amname AS signature,
       'yes' AS exists,
       format_type(c.opcintype, NULL) AS type,
       CASE WHEN c.opcdefault THEN 'yes' END AS default,
       CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END AS storage,
       quote_ident(fn.nspname) || '.' || quote_ident(f.opfname) AS family,
       pg_get_userbyid(c.opcowner) AS owner,
       d.description AS comment
FROM pg_opclass c
JOIN pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_am am ON am.oid = c.opcmethod
JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_opclass'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_opclass'::regclass AND e.objid = c.oid)
