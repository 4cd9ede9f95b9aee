-- Constraints of tables. What a partition has only because its parent has it is left out. NOT NULL is a
-- property of the column; PostgreSQL 18 keeps a constraint for it, which counts when it is not validated or
-- not inherited, and else only for its comment.
SELECT con.oid AS unit, 'constraint' AS kind,
       n.nspname AS schema, c.relname AS parent, con.conname AS name,
       CASE WHEN con.told THEN 'yes' END AS exists,
       CASE WHEN con.told THEN pg_get_constraintdef(con.oid) END AS constraint,
       CASE WHEN con.told THEN CASE WHEN con.convalidated THEN 'yes' ELSE 'no' END END AS validated,
       CASE WHEN con.told AND con.contype = 'c' AND con.coninhcount > 0 AND con.conislocal AND NOT c.relispartition
            THEN 'yes' END AS "declared here",
       off.own AS triggers,
       off.other AS "referenced triggers",
       d.description AS comment
FROM (
    SELECT oid, conrelid, conname, contype, convalidated, conparentid, coninhcount, conislocal,
           contype <> 'n' OR NOT convalidated OR connoinherit
             OR %(not_null_names)s AND conname !~ '_not_null[0-9]*$' AS told
    FROM pg_constraint
    WHERE contype IN ('c', 'p', 'u', 'f', 'x', 'n')) con
JOIN pg_class c ON c.oid = con.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (
    SELECT tgconstraint,
           string_agg(DISTINCT state, ', ') FILTER (WHERE NOT referenced) AS own,
           string_agg(DISTINCT state, ', ') FILTER (WHERE referenced) AS other
    FROM (SELECT tgconstraint, tgfoid BETWEEN 1646 AND 1655 AS referenced, -- what runs when a parent's row changes
                 CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END AS state
          FROM pg_trigger WHERE tgisinternal AND tgenabled <> 'O'
          AND tgconstraint = ANY (%(units)s) -- only
         ) t
    GROUP BY tgconstraint) off ON off.tgconstraint = con.oid
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = con.oid
                          AND d.objsubid = 0
WHERE con.conparentid = 0
  AND (con.told OR d.description IS NOT NULL)
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  AND con.oid = ANY (%(units)s) -- only
