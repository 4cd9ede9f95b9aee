-- One row with one text: JSON in base64, whatever the connection's encoding, row factory and loaders are.
-- Operators between spaces are those of pg_catalog: they are written out when this file is read.
WITH named AS (SELECT %s::pg_catalog.jsonb AS j),
n AS (SELECT ARRAY(SELECT pg_catalog.jsonb_array_elements_text(j)) AS names FROM named)
SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_object(
'path', pg_catalog.to_jsonb(pg_catalog.current_schemas(true)),
'schemas', (SELECT pg_catalog.jsonb_agg(s.nspname) FROM pg_catalog.pg_namespace s WHERE s.nspname = ANY (n.names)),
'relations', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
    'schema', s.nspname, 'name', c.relname, 'kind', c.relkind, 'visible', pg_catalog.pg_table_is_visible(c.oid),
    'rls', c.relrowsecurity, 'valid', x.indisvalid, 'ready', x.indisready,
    'columns', CASE WHEN c.relkind = ANY ('{r,p,f,v,m}') THEN (
        SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
    'constraints', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', k.conname,
            'validated', k.convalidated, 'enforced', pg_catalog.to_jsonb(k) -> 'conenforced'))
        FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.conname = ANY (n.names)),
    'triggers', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', t.tgname,
            'enabled', t.tgenabled <> 'D'))
        FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = ANY (n.names) AND NOT t.tgisinternal),
    'policies', (SELECT pg_catalog.jsonb_agg(p.polname)
        FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid AND p.polname = ANY (n.names))))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
    WHERE c.relname = ANY (n.names) AND c.relkind <> 't' AND c.relkind <> 'c'),
'functions', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
    'schema', s.nspname, 'name', f.proname, 'kind', f.prokind, 'visible', pg_catalog.pg_function_is_visible(f.oid),
    'arguments', pg_catalog.array_to_json(ARRAY(SELECT pg_catalog.jsonb_build_array(
            pg_catalog.format_type(t.oid, NULL), b.typname || e.suffix, bs.nspname || '.' || b.typname || e.suffix)
        FROM pg_catalog.unnest(f.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS u (oid, at)
        JOIN pg_catalog.pg_type t ON t.oid = u.oid
        CROSS JOIN LATERAL (SELECT CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END,
            CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN '[]' ELSE '' END) AS e (oid, suffix)
        JOIN pg_catalog.pg_type b ON b.oid = e.oid JOIN pg_catalog.pg_namespace bs ON bs.oid = b.typnamespace
        ORDER BY u.at))::pg_catalog.jsonb))
    FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace s ON s.oid = f.pronamespace
    WHERE f.proname = ANY (n.names)),
'types', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
    'schema', s.nspname, 'name', t.typname, 'visible', pg_catalog.pg_type_is_visible(t.oid), 'kind', t.typtype,
    'table', r.relkind IS NOT NULL AND r.relkind <> 'c',
    'labels', (SELECT pg_catalog.jsonb_agg(v.enumlabel ORDER BY v.enumsortorder) FROM pg_catalog.pg_enum v
        WHERE v.enumtypid = t.oid)))
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace s ON s.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
    WHERE t.typname = ANY (n.names) AND t.typcategory <> 'A'),
'extensions', (SELECT pg_catalog.jsonb_agg(x.extname) FROM pg_catalog.pg_extension x WHERE x.extname = ANY (n.names))
)::pg_catalog.text, 'UTF8'), 'base64') FROM n
