-- Casts; not those that a range type brings.
SELECT 'pg_cast'::regclass::oid::int8 AS class, c.oid::int8 AS oid, NULL AS schema, NULL AS owner,
       '(' || format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) || ')' AS name,
       CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT'
 ELSE 'WITHOUT FUNCTION' END || CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END AS how,
       obj_description(c.oid, 'pg_cast') AS comment
FROM pg_cast c WHERE %(whole)s AND c.oid >= 16384
AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass AND i.objid = c.oid
        AND i.deptype = 'i')
AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_cast'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
