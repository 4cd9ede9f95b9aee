-- Rights on functions and relations of extensions, as far as they are not what the extension itself gave, and on languages
-- that nobody made. On a platform that is the platform's doing.
SELECT m.oid AS unit, m.kind, n.nspname AS schema, NULL AS parent, m.name, m.signature,
       ARRAY(SELECT concat_ws(' ', CASE WHEN bool_or(x.now) THEN 'grant' ELSE 'revoke' END,
                                   CASE WHEN x.is_grantable THEN 'on' ELSE 'off' END, x.privilege_type,
                                   CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END)
        FROM (SELECT true AS now, a.* FROM aclexplode(m.acl) a UNION ALL SELECT false, b.* FROM aclexplode(m.initial) b) x
        WHERE x.grantee <> m.owner
        GROUP BY x.grantee, x.privilege_type, x.is_grantable HAVING count(DISTINCT x.now) = 1) AS "member rights"
FROM (SELECT p.oid, 'extension member' AS kind, p.pronamespace AS namespace, p.proname AS name, '(' || oidvectortypes(p.proargtypes) || ')' AS signature,
             p.proowner AS owner, p.proacl AS acl, coalesce(i.initprivs, acldefault('f', p.proowner)) AS initial
      FROM pg_proc p
      JOIN pg_depend e ON e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'
      LEFT JOIN pg_init_privs i ON i.classoid = e.classid AND i.objoid = p.oid AND i.objsubid = 0
      WHERE p.proacl IS NOT NULL
      UNION ALL
      SELECT c.oid, 'extension member', c.relnamespace, c.relname, '', c.relowner, c.relacl,
             coalesce(i.initprivs, acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))
      FROM pg_class c
      JOIN pg_depend e ON e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
      LEFT JOIN pg_init_privs i ON i.classoid = e.classid AND i.objoid = c.oid AND i.objsubid = 0
      WHERE c.relacl IS NOT NULL
      UNION ALL
      SELECT l.oid, 'language', NULL, l.lanname, '', l.lanowner, l.lanacl, coalesce(i.initprivs, acldefault('l', l.lanowner))
      FROM pg_language l
      LEFT JOIN pg_init_privs i ON i.classoid = 'pg_language'::regclass AND i.objoid = l.oid AND i.objsubid = 0
      WHERE l.lanacl IS NOT NULL
        AND (NOT l.lanispl OR EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                                      AND e.classid = 'pg_language'::regclass AND e.objid = l.oid))) m
LEFT JOIN pg_namespace n ON n.oid = m.namespace
WHERE cardinality(%(attached)s::text[]) = 0 AND coalesce(n.nspname !~ %(managed)s, true)
