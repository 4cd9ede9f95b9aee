-- Enums, domains, composite, range and base types; not the types that come with tables, arrays, ranges.
SELECT t.oid AS unit,
       CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type'
                      WHEN 'r' THEN 'range type' ELSE 'type' END AS kind,
       n.nspname AS schema, NULL AS parent, t.typname AS name,
       'yes' AS exists,
       CASE t.typtype WHEN 'e' THEN (
            SELECT coalesce(string_agg(quote_literal(v.enumlabel), ', ' ORDER BY v.enumsortorder), '')
            FROM pg_enum v WHERE v.enumtypid = t.oid) END AS values,
       CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS "base type",
       CASE t.typtype WHEN 'd' THEN CASE WHEN t.typnotnull THEN 'yes' ELSE 'no' END END AS "not null",
       CASE t.typtype WHEN 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) END AS default,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text
            END AS collation,
       CASE WHEN r.rngtypid IS NOT NULL THEN format_type(r.rngsubtype, NULL) END AS subtype,
       CASE WHEN r.rngtypid IS NOT NULL THEN r.rngmultitypid::regtype::text END AS multirange,
       CASE WHEN NOT o.opcdefault THEN
            (SELECT quote_ident(nspname) FROM pg_namespace WHERE oid = o.opcnamespace)
            || '.' || quote_ident(o.opcname) END AS "operator class",
       CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text
            END AS "range collation",
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::text END AS canonical,
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::text END AS "subtype difference",
       CASE WHEN t.typtype = 'b' THEN concat_ws(', ', 'input = ' || t.typinput::text, 'output = ' || t.typoutput::text,
            'receive = ' || nullif(t.typreceive::text, '-'), 'send = ' || nullif(t.typsend::text, '-'),
            'typmod_in = ' || nullif(t.typmodin::text, '-'), 'typmod_out = ' || nullif(t.typmodout::text, '-'),
            'analyze = ' || nullif(t.typanalyze::text, '-'), 'subscript = ' || nullif(t.typsubscript::text, '-'),
            'length = ' || t.typlen::text, CASE WHEN t.typbyval THEN 'by value' END, 'alignment = ' || t.typalign::text,
            'storage = ' || t.typstorage::text, 'category = ' || t.typcategory::text,
            CASE WHEN t.typispreferred THEN 'preferred' END, 'default = ' || quote_literal(t.typdefault),
            'delimiter = ' || nullif(t.typdelim::text, ','), CASE WHEN t.typcollation <> 0 THEN 'collatable' END,
            'element = ' || CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END) END AS definition,
       CASE WHEN NOT t.typisdefined THEN 'no' END AS defined,
       pg_get_userbyid(t.typowner) AS owner,
       t.typacl::text AS acl,
       d.description AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_range r ON r.rngtypid = t.oid
LEFT JOIN pg_type s ON s.oid = r.rngsubtype
LEFT JOIN pg_opclass o ON o.oid = r.rngsubopc
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE (t.typtype IN ('e', 'd', 'r', 'b', 'p') OR t.typtype = 'c' AND c.relkind = 'c')
  AND NOT (t.typelem <> 0 AND EXISTS (SELECT FROM pg_type el WHERE el.oid = t.typelem AND el.typarray = t.oid))
  AND n.nspname !~ %(managed)s
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
                  AND e.classid = 'pg_type'::regclass AND e.objid = t.oid)
  AND t.oid = ANY (%(units)s) -- only
