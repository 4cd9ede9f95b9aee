-- Operator families with all their members.
SELECT f.oid AS unit, 'operator family' AS kind, n.nspname AS schema, NULL AS parent, f.opfname AS name,
       ' USING ' || am.amname AS signature,
       'yes' AS exists,
       (SELECT string_agg(concat_ws(' ', o.amopstrategy, o.amopopr::regoperator,
               CASE WHEN o.amopsortfamily <> 0 THEN 'for order by ' || (
                    SELECT quote_ident(sn.nspname) || '.' || quote_ident(sf.opfname) FROM pg_opfamily sf
                    JOIN pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = o.amopsortfamily) END),
               ', ' ORDER BY o.amopstrategy, o.amopopr::regoperator::text)
        FROM pg_amop o WHERE o.amopfamily = f.oid) AS operators,
       (SELECT string_agg(concat_ws(' ', q.amprocnum, '(' || format_type(q.amproclefttype, NULL) || ', '
               || format_type(q.amprocrighttype, NULL) || ')', q.amproc::regprocedure), ', '
               ORDER BY q.amprocnum, format_type(q.amproclefttype, NULL),
                        format_type(q.amprocrighttype, NULL))
        FROM pg_amproc q WHERE q.amprocfamily = f.oid) AS functions,
       pg_get_userbyid(f.opfowner) AS owner,
       d.description AS comment
FROM pg_opfamily f
JOIN pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_am am ON am.oid = f.opfmethod
LEFT JOIN pg_description d ON d.classoid = 'pg_opfamily'::regclass AND d.objoid = f.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_opfamily'::regclass AND e.objid = f.oid)
