-- Subscriptions of this database that no role of the platform owns. What they connect with, only superusers may
-- see, and it may hold a password. Streaming was a switch before PostgreSQL 16; told is what a server of this
-- major would not have chosen itself.
SELECT s.oid AS unit, 'subscription' AS kind, NULL AS schema, NULL AS parent, s.subname AS name,
       'yes' AS exists,
       (SELECT string_agg(p, ', ' ORDER BY p) FROM unnest(s.subpublications) p) AS publications,
       CASE WHEN s.subenabled THEN 'yes' ELSE 'no' END AS enabled,
       s.subslotname::text AS slot,
       CASE WHEN s.subbinary THEN 'yes' END AS binary,
       nullif(CASE s.substream::text WHEN 'true' THEN 'on' WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' ELSE 'off' END,
              CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'parallel' ELSE 'off' END)
         AS streaming,
       CASE WHEN s.subtwophasestate <> 'd' THEN 'yes' END AS "two phase",
       CASE WHEN s.subdisableonerr THEN 'yes' END AS "disable on error",
       nullif(s.subsynccommit, 'off') AS "synchronous commit",
       pg_get_userbyid(s.subowner) AS owner,
       d.description AS comment
FROM pg_subscription s
LEFT JOIN pg_description d ON d.classoid = 'pg_subscription'::regclass AND d.objoid = s.oid AND d.objsubid = 0
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pg_get_userbyid(s.subowner) !~ %(platform_roles)s
