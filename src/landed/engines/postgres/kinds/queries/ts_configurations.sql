-- Text search configurations with the dictionaries of every token type.
SELECT c.oid AS unit, 'text search configuration' AS kind, n.nspname AS schema, NULL AS parent,
       c.cfgname AS name,
       'yes' AS exists,
       quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) AS parser,
       (SELECT string_agg(m.token || ': ' || m.dictionaries, '; ' ORDER BY m.token) FROM (
            SELECT tok.alias AS token,
                   string_agg(cm.mapdict::regdictionary::text, ', ' ORDER BY cm.mapseqno) AS dictionaries
            FROM pg_ts_config_map cm
            JOIN LATERAL ts_token_type(c.cfgparser) tok ON tok.tokid = cm.maptokentype
            WHERE cm.mapcfg = c.oid GROUP BY tok.alias) m) AS mappings,
       pg_get_userbyid(c.cfgowner) AS owner,
       d.description AS comment
FROM pg_ts_config c
JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_ts_config'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_ts_config'::regclass AND e.objid = c.oid)
