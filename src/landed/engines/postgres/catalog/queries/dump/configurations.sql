-- Text search configurations.
SELECT 'pg_ts_config'::regclass::oid::int8 AS class, c.oid::int8 AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.cfgname) AS name, quote_ident(n.nspname) AS schema, pg_get_userbyid(c.cfgowner) AS owner, obj_description(c.oid, 'pg_ts_config') AS comment,
       quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) AS parser,
       (SELECT array_agg(format('%%s WITH %%s', token, dicts) ORDER BY token) FROM (
  SELECT (SELECT y.alias FROM ts_token_type(c.cfgparser) y WHERE y.tokid = m.maptokentype) AS token,
         string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS dicts
  FROM pg_ts_config_map m WHERE m.mapcfg = c.oid GROUP BY m.maptokentype) AS g) AS mappings
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace
WHERE n.nspname ~ %(schemas)s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_ts_config'::regclass AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
