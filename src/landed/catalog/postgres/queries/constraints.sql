-- Constraints of tables. What a partition has only because its parent has it is left out. NOT NULL is a
-- property of the column; PostgreSQL 18 keeps a constraint for it, which counts when it is not validated.
SELECT con.oid AS unit, 'constraint' AS kind,
       n.nspname AS schema, c.relname AS parent, con.conname AS name,
       'yes' AS exists,
       pg_get_constraintdef(con.oid) AS constraint,
       CASE WHEN con.convalidated THEN 'yes' ELSE 'no' END AS validated,
       CASE WHEN off.tgconstraint IS NOT NULL THEN 'disabled' END AS triggers,
       d.description AS comment
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (
    SELECT DISTINCT tgconstraint FROM pg_trigger WHERE tgisinternal AND tgenabled <> 'O'
    AND tgconstraint = ANY (%(units)s) -- only
    ) off ON off.tgconstraint = con.oid
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = con.oid
                          AND d.objsubid = 0
WHERE con.contype IN ('c', 'p', 'u', 'f', 'x', 'n')
  AND con.conparentid = 0
  AND (con.contype <> 'n' OR NOT con.convalidated OR %(not_null_names)s)
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  AND con.oid = ANY (%(units)s) -- only
