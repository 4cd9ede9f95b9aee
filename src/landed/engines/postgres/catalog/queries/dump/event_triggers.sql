-- Event triggers.
SELECT 'pg_event_trigger'::regclass::oid::int8 AS class, t.oid::int8 AS oid, quote_ident(t.evtname) AS name, NULL AS schema, pg_get_userbyid(t.evtowner) AS owner, obj_description(t.oid, 'pg_event_trigger') AS comment, t.evtevent AS event, t.evtenabled::text AS enabled,
       (SELECT string_agg(quote_literal(tag), ', ') FROM unnest(t.evttags) tag) AS tags,
       t.evtfoid::regproc::text AS function
FROM pg_event_trigger t JOIN pg_proc p ON p.oid = t.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE %(whole)s AND n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_event_trigger'::regclass AND x.objid = t.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
