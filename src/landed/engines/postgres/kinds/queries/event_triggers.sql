-- Event triggers whose function is the user's.
SELECT t.oid AS unit, 'event trigger' AS kind, NULL AS schema, NULL AS parent, t.evtname AS name,
       'yes' AS exists,
       t.evtevent AS event,
       (SELECT string_agg(tag, ', ' ORDER BY tag) FROM unnest(t.evttags) tag) AS tags,
       t.evtfoid::regproc::text AS function,
       CASE t.evtenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END
         AS enabled,
       pg_get_userbyid(t.evtowner) AS owner,
       d.description AS comment
FROM pg_event_trigger t
JOIN pg_proc p ON p.oid = t.evtfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_event_trigger'::regclass AND d.objoid = t.oid
                          AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_event_trigger'::regclass AND e.objid = t.oid)
