-- Sequences; parameters only where they are not what the sequence's type gives.
SELECT s.seqrelid AS unit, 'sequence' AS kind, n.nspname AS schema, NULL AS parent, c.relname AS name,
       'yes' AS exists,
       format_type(s.seqtypid, NULL) AS type,
       CASE WHEN s.seqincrement <> 1 THEN s.seqincrement::text END AS increment,
       CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END
            THEN s.seqstart::text END AS start,
       CASE WHEN s.seqmin <> CASE WHEN s.seqincrement > 0 THEN 1 ELSE b.lowest END
            THEN s.seqmin::text END AS minimum,
       CASE WHEN s.seqmax <> CASE WHEN s.seqincrement > 0 THEN b.highest ELSE -1 END
            THEN s.seqmax::text END AS maximum,
       CASE WHEN s.seqcache <> 1 THEN s.seqcache::text END AS cache,
       CASE WHEN s.seqcycle THEN 'yes' END AS cycle,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
       o.refobjid::regclass::text || '.' || quote_ident(oa.attname) AS "owned by",
       pg_get_userbyid(c.relowner) AS owner,
       c.relacl::text AS acl,
       d.description AS comment
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT CASE s.seqtypid WHEN 'int2'::regtype THEN -32768 WHEN 'int4'::regtype THEN -2147483648
                           ELSE -9223372036854775808 END AS lowest,
           CASE s.seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                           ELSE 9223372036854775807 END AS highest) b
LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
                     AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i')
                     AND o.refobjsubid > 0
LEFT JOIN pg_attribute oa ON oa.attrelid = o.refobjid AND oa.attnum = o.refobjsubid
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  AND s.seqrelid = ANY (%(units)s) -- only
