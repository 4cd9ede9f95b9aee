-- Triggers on the user's tables, and those of the user's own making on tables that the platform manages:
-- there a trigger is the platform's when its function lies in the table's own schema. A partition's copy
-- of its parent's trigger counts only where it has another state.
SELECT t.oid AS unit, 'trigger' AS kind, n.nspname AS schema, c.relname AS parent, t.tgname AS name,
       'yes' AS exists,
       pg_get_triggerdef(t.oid) AS trigger,
       CASE t.tgenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END
         AS enabled,
       d.description AS comment
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
LEFT JOIN pg_trigger above ON above.oid = t.tgparentid
LEFT JOIN pg_description d ON d.classoid = 'pg_trigger'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE NOT t.tgisinternal
  AND (above.oid IS NULL OR above.tgenabled <> t.tgenabled)
  AND (n.nspname !~ %(managed)s OR n.nspname = ANY (%(attached)s) AND p.pronamespace <> c.relnamespace)
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  AND t.oid = ANY (%(units)s) -- only
