-- User mappings, without what is secret.
SELECT 'pg_user_mapping'::regclass::oid::int8 AS class, u.umid::int8 AS oid, quote_ident(u.srvname) AS name,
       CASE WHEN u.umuser = 0 THEN '' ELSE u.usename END AS user, (SELECT string_agg(quote_ident(option_name) || ' ' || CASE WHEN option_name ~* %(secret)s THEN quote_literal('') ELSE quote_literal(option_value) END, ', ') FROM pg_options_to_table(u.umoptions)) AS options
FROM pg_user_mappings u WHERE %(whole)s
