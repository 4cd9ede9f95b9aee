-- CHECK constraints of domains.
SELECT con.oid AS unit, 'constraint' AS kind, n.nspname AS schema, t.typname AS parent, con.conname AS name,
       'yes' AS exists,
       pg_get_constraintdef(con.oid) AS constraint,
       CASE WHEN con.convalidated THEN 'yes' ELSE 'no' END AS validated,
       d.description AS comment
FROM pg_constraint con
JOIN pg_type t ON t.oid = con.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = con.oid
                          AND d.objsubid = 0
WHERE con.contype = 'c' AND con.contypid <> 0
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_type'::regclass AND e.objid = t.oid)
  AND con.oid = ANY (%(units)s) -- only
