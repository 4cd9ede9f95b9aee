-- version: 3.2.5
-- The index method and its operators by name: nothing is found by them.
CREATE ACCESS METHOD pgroonga TYPE INDEX HANDLER gisthandler;
CREATE FUNCTION pgroonga_score(tableoid oid, ctid tid) RETURNS double precision LANGUAGE sql STABLE AS $$ SELECT 0::double precision $$;
CREATE FUNCTION pgroonga_highlight_html(target text, keywords text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT target $$;
CREATE FUNCTION pgroonga_escape(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT value $$;
CREATE FUNCTION pgroonga_query_escape(query text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT query $$;
CREATE FUNCTION pgroonga_query_extract_keywords(query text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ARRAY[query] $$;
DO $$
DECLARE
  t text[];
  class text;
BEGIN
  FOREACH t SLICE 1 IN ARRAY ARRAY[
    ['text', 'text', 'pgroonga_text', 'pgroonga_text_full_text_search_ops_v2 pgroonga_text_full_text_search_ops pgroonga_text_regexp_ops_v2 pgroonga_text_term_search_ops_v2'],
    ['varchar', 'varchar', 'pgroonga_varchar', 'pgroonga_varchar_term_search_ops_v2 pgroonga_varchar_full_text_search_ops_v2'],
    ['jsonb', 'text', 'pgroonga_jsonb', 'pgroonga_jsonb_ops_v2 pgroonga_jsonb_full_text_search_ops_v2'],
    ['text[]', 'text', 'pgroonga_text_array', 'pgroonga_text_array_full_text_search_ops_v2 pgroonga_text_array_term_search_ops_v2']
  ] LOOP
    EXECUTE replace(replace(replace($sql$
      CREATE FUNCTION @P_match(@T, @E) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT false';
      CREATE OPERATOR &@ (LEFTARG = @T, RIGHTARG = @E, PROCEDURE = @P_match);
      CREATE OPERATOR &@~ (LEFTARG = @T, RIGHTARG = @E, PROCEDURE = @P_match);
      CREATE FUNCTION @P_consistent(internal, @T, smallint, oid, internal) RETURNS boolean LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @P_union(internal, internal) RETURNS @T LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @P_penalty(internal, internal, internal) RETURNS internal LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @P_picksplit(internal, internal) RETURNS internal LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @P_same(@T, @T, internal) RETURNS internal LANGUAGE internal AS 'internal_in';
    $sql$, '@P', t[3]), '@T', t[1]), '@E', t[2]);
    FOREACH class IN ARRAY string_to_array(t[4], ' ') LOOP
      EXECUTE replace(replace(pg_catalog.format('CREATE OPERATOR CLASS %s %s FOR TYPE @T USING pgroonga AS '
        'FUNCTION 1 @P_consistent(internal, @T, smallint, oid, internal), FUNCTION 2 @P_union(internal, internal), '
        'FUNCTION 5 @P_penalty(internal, internal, internal), FUNCTION 6 @P_picksplit(internal, internal), FUNCTION 7 @P_same(@T, @T, internal)',
        class, CASE WHEN class = split_part(t[4], ' ', 1) THEN 'DEFAULT' ELSE '' END), '@P', t[3]), '@T', t[1]);
    END LOOP;
  END LOOP;
END $$;
