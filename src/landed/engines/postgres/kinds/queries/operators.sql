-- Operators; one that is only named as another's commutator or negator is a shell and does not count.
SELECT o.oid AS unit, 'operator' AS kind, n.nspname AS schema, NULL AS parent, o.oprname AS name,
       '(' || concat_ws(', ', CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) ELSE 'NONE' END,
                        format_type(o.oprright, NULL)) || ')' AS signature,
       'yes' AS exists,
       o.oprcode::regprocedure::text AS function,
       CASE WHEN o.oprcom <> 0 THEN o.oprcom::regoperator::text END AS commutator,
       CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::regoperator::text END AS negator,
       CASE WHEN o.oprrest <> 0 THEN o.oprrest::text END AS restrict,
       CASE WHEN o.oprjoin <> 0 THEN o.oprjoin::text END AS join,
       CASE WHEN o.oprcanmerge THEN 'yes' END AS merges,
       CASE WHEN o.oprcanhash THEN 'yes' END AS hashes,
       pg_get_userbyid(o.oprowner) AS owner,
       d.description AS comment
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_operator'::regclass AND d.objoid = o.oid AND d.objsubid = 0
WHERE o.oprcode <> 0
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_operator'::regclass AND e.objid = o.oid)
