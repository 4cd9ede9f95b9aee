-- Columns of tables and views, attributes of composite types. Their order is the tables', by number: first
-- those that a parent has, too, wherever they stand, for that is where a restored dump puts them.
WITH relation AS MATERIALIZED (
    SELECT c.oid, c.relkind, c.relname, c.relispartition, n.nspname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
      AND n.nspname !~ %(managed)s
      AND c.oid = ANY (%(units)s) -- only
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                      AND (e.classid = 'pg_class'::regclass AND e.objid = c.oid
                           OR e.classid = 'pg_type'::regclass AND e.objid = c.reltype)))
SELECT a.attrelid AS unit,
       CASE c.relkind WHEN 'c' THEN 'attribute' ELSE 'column' END AS kind,
       c.nspname AS schema, c.relname AS parent, a.attname AS name,
       'yes' AS exists,
       CASE c.relkind WHEN 'f' THEN 'foreign table' WHEN 'r' THEN 'table' WHEN 'p' THEN 'table'
                      WHEN 'c' THEN 'composite type' END AS ordered,
       CASE WHEN a.attinhcount > 0 THEN a.attnum - 2000 ELSE a.attnum END AS number,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN c.relkind IN ('r', 'p', 'f') THEN CASE WHEN a.attnotnull THEN 'yes' ELSE 'no' END END
         AS "not null",
       CASE WHEN a.attinhcount > 0 AND a.attislocal AND NOT c.relispartition THEN 'yes' END AS "declared here",
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END AS default,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(ad.adbin, ad.adrelid) END AS expression,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstorage <> t.typstorage THEN
         CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                           ELSE 'extended' END
       END AS storage,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END AS "statistics target",
       a.attoptions AS options,
       a.attfdwoptions AS foreign,
       a.attacl::text AS acl,
       d.description AS comment
FROM relation c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef ad ON a.atthasdef AND ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid
                          AND d.objsubid = a.attnum
