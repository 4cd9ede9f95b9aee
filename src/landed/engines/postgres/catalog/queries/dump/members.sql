-- What is published.
SELECT 'pg_publication_rel'::regclass::oid::int8 AS class, r.oid::int8 AS oid, quote_ident(p.pubname) AS publication,
       format('TABLE ONLY %%s%%s%%s', r.prrelid::regclass,
 (SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a
  WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)),
 ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')') AS what
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE %(whole)s AND (pg_get_userbyid(p.pubowner) !~ %(platform_roles)s OR p.pubname = ANY (%(publications)s))
UNION ALL
SELECT 'pg_publication_namespace'::regclass::oid::int8, s.oid::int8, quote_ident(p.pubname),
       format('TABLES IN SCHEMA %%s', s.pnnspid::regnamespace)
FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid
WHERE %(whole)s AND (pg_get_userbyid(p.pubowner) !~ %(platform_roles)s OR p.pubname = ANY (%(publications)s))
