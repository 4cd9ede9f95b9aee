-- version: 3.3.7
-- Types, operators and the most used functions of PostGIS by name. Geometry is kept as the text it was given as.
-- Type modifiers are as PostGIS counts them (SRID, kind, Z, M), so that catalogs hold the same number.
CREATE FUNCTION postgis_typmod(cstring[], integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (coalesce(nullif(s, 0), $2) << 8) | (coalesce(array_position(ARRAY['point', 'linestring', 'polygon', 'multipoint',
      'multilinestring', 'multipolygon', 'geometrycollection', 'circularstring', 'compoundcurve', 'curvepolygon', 'multicurve',
      'multisurface', 'polyhedralsurface', 'triangle', 'tin'], regexp_replace(k, 'z?m?$', '')), 0) << 2)
    | CASE WHEN k ~ 'zm?$' THEN 2 ELSE 0 END | CASE WHEN k ~ 'm$' THEN 1 ELSE 0 END
  FROM (SELECT lower($1[1]::text) k, coalesce($1[2]::text::integer, 0) s) x $$;
DO $$
DECLARE
  t text;
  op text[];
BEGIN
  FOREACH t IN ARRAY ARRAY['geometry', 'geography'] LOOP
    EXECUTE replace(replace($sql$
      CREATE TYPE @T;
      CREATE FUNCTION @T_in(cstring, oid, integer) RETURNS @T LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
      CREATE FUNCTION @T_out(@T) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
      CREATE FUNCTION @T_typmod_in(cstring[]) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS 'SELECT @extschema@.postgis_typmod($1, @SRID)';
      CREATE FUNCTION @T_typmod_out(integer) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bittypmodout';
      CREATE TYPE @T (INPUT = @T_in, OUTPUT = @T_out, TYPMOD_IN = @T_typmod_in, TYPMOD_OUT = @T_typmod_out,
        STORAGE = main, DELIMITER = ':');
      CREATE FUNCTION @T(@T, integer, boolean) RETURNS @T LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';
      CREATE CAST (@T AS @T) WITH FUNCTION @T(@T, integer, boolean) AS IMPLICIT;
      CREATE FUNCTION @T(bytea) RETURNS @T LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS 'SELECT encode($1, ''hex'')::@extschema@.@T';
      CREATE CAST (bytea AS @T) WITH FUNCTION @T(bytea) AS IMPLICIT;
      CREATE CAST (@T AS text) WITH INOUT AS IMPLICIT;
      CREATE CAST (text AS @T) WITH INOUT AS IMPLICIT;
      CREATE FUNCTION @T_cmp(@T, @T) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteacmp';
      CREATE FUNCTION @T_overlaps(@T, @T) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT false';
      CREATE OPERATOR && (LEFTARG = @T, RIGHTARG = @T, PROCEDURE = @T_overlaps, COMMUTATOR = &&);
      CREATE FUNCTION @T_distance_knn(@T, @T) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS 'SELECT 0::double precision';
      CREATE OPERATOR <-> (LEFTARG = @T, RIGHTARG = @T, PROCEDURE = @T_distance_knn, COMMUTATOR = <->);
      -- Never called while a table has few rows; internal_in does nothing but refuse.
      CREATE FUNCTION @T_gist_consistent(internal, @T, smallint, oid, internal) RETURNS boolean LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @T_gist_union(internal, internal) RETURNS @T LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @T_gist_penalty(internal, internal, internal) RETURNS internal LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @T_gist_picksplit(internal, internal) RETURNS internal LANGUAGE internal AS 'internal_in';
      CREATE FUNCTION @T_gist_same(@T, @T, internal) RETURNS internal LANGUAGE internal AS 'internal_in';
    $sql$, '@T', t), '@SRID', CASE t WHEN 'geometry' THEN '0' ELSE '4326' END);
    FOREACH op SLICE 1 IN ARRAY ARRAY[['<', 'lt', '>'], ['<=', 'le', '>='], ['=', 'eq', '='], ['>=', 'ge', '<='], ['>', 'gt', '<']] LOOP
      EXECUTE pg_catalog.format('CREATE FUNCTION %1$s_%2$s(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS %3$L',
        t, op[2], 'bytea' || op[2]);
      EXECUTE pg_catalog.format('CREATE OPERATOR %2$s (LEFTARG = %1$s, RIGHTARG = %1$s, PROCEDURE = %1$s_%3$s, COMMUTATOR = %4$s)', t, op[1], op[2], op[3]);
    END LOOP;
    EXECUTE replace('CREATE OPERATOR CLASS btree_@T_ops DEFAULT FOR TYPE @T USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, '
      'OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 @T_cmp(@T, @T)', '@T', t);
    EXECUTE replace(replace('CREATE OPERATOR CLASS @N DEFAULT FOR TYPE @T USING gist AS OPERATOR 3 &&, '
      'FUNCTION 1 @T_gist_consistent(internal, @T, smallint, oid, internal), FUNCTION 2 @T_gist_union(internal, internal), '
      'FUNCTION 5 @T_gist_penalty(internal, internal, internal), FUNCTION 6 @T_gist_picksplit(internal, internal), '
      'FUNCTION 7 @T_gist_same(@T, @T, internal)', '@T', t),
      '@N', CASE t WHEN 'geometry' THEN 'gist_geometry_ops_2d' ELSE 'gist_geography_ops' END);
  END LOOP;
END $$;
CREATE FUNCTION geography(geometry) RETURNS geography LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1::text::@extschema@.geography';
CREATE CAST (geometry AS geography) WITH FUNCTION geography(geometry) AS IMPLICIT;
CREATE FUNCTION geometry(geography) RETURNS geometry LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1::text::@extschema@.geometry';
CREATE CAST (geography AS geometry) WITH FUNCTION geometry(geography);
CREATE TYPE geometry_dump AS (path integer[], geom geometry);
CREATE TABLE spatial_ref_sys (srid integer NOT NULL PRIMARY KEY, auth_name varchar(256), auth_srid integer, srtext varchar(2048), proj4text varchar(2048));
INSERT INTO spatial_ref_sys VALUES (4326, 'EPSG', 4326, '', ''), (3857, 'EPSG', 3857, '', '');
CREATE VIEW geometry_columns AS SELECT NULL::varchar(256) AS f_table_catalog, NULL::name AS f_table_schema, NULL::name AS f_table_name,
  NULL::name AS f_geometry_column, 2 AS coord_dimension, 0 AS srid, 'GEOMETRY'::varchar(30) AS type WHERE false;
CREATE VIEW geography_columns AS SELECT NULL::name AS f_table_catalog, NULL::name AS f_table_schema, NULL::name AS f_table_name,
  NULL::name AS f_geography_column, 2 AS coord_dimension, 0 AS srid, 'GEOMETRY'::text AS type WHERE false;
-- Functions: names, then arguments, result and the value of the stand-in (what it is given, where that is of its kind).
DO $$
DECLARE
  d text := 'double precision';
  groups text[][] := ARRAY[
    ['st_intersects st_covers st_coveredby', '@G, @G', 'boolean', 'false'],
    ['st_contains st_within st_overlaps st_touches st_crosses st_disjoint st_equals st_containsproperly st_orderingequals', 'geometry, geometry', 'boolean', 'false'],
    ['st_dwithin st_dfullywithin', 'geometry, geometry, double precision', 'boolean', 'false'],
    ['st_dwithin', 'geography, geography, double precision, use_spheroid boolean DEFAULT true', 'boolean', 'false'],
    ['st_distance st_distancesphere st_maxdistance st_hausdorffdistance st_azimuth st_linelocatepoint', 'geometry, geometry', d, '0'],
    ['st_distance', 'geography, geography, use_spheroid boolean DEFAULT true', d, '0'],
    ['st_x st_y st_z st_m st_xmin st_xmax st_ymin st_ymax st_area st_length st_length2d st_perimeter', 'geometry', d, '0'],
    ['st_area st_length st_perimeter', 'geography, use_spheroid boolean DEFAULT true', d, '0'],
    ['st_srid st_npoints st_numpoints st_numgeometries st_nrings st_dimension st_ndims', 'geometry', 'integer', '0'],
    ['st_isvalid st_isempty st_issimple st_isclosed st_isring', 'geometry', 'boolean', 'true'],
    ['st_astext', '@G', 'text', '$1::text'],
    ['st_astext', '@G, integer', 'text', '$1::text'],
    ['st_asewkt st_geometrytype geometrytype st_ashexewkb', 'geometry', 'text', '$1::text'],
    ['st_asgeojson', '@G, maxdecimaldigits integer DEFAULT 9, options integer DEFAULT 8', 'text', '''{}'''],
    ['st_asbinary', '@G', 'bytea', 'convert_to($1::text, ''UTF8'')'],
    ['st_asewkb', 'geometry', 'bytea', 'convert_to($1::text, ''UTF8'')'],
    ['st_geohash', 'geometry, maxchars integer DEFAULT 0', 'text', ''''''],
    ['st_makepoint st_point', 'double precision, double precision', 'geometry', '''POINT('' || $1 || '' '' || $2 || '')'''],
    ['st_makepoint', 'double precision, double precision, double precision', 'geometry', '''POINT('' || $1 || '' '' || $2 || '')'''],
    ['st_point', 'double precision, double precision, srid integer', 'geometry', '''POINT('' || $1 || '' '' || $2 || '')'''],
    ['st_geomfromtext st_geomfromewkt st_pointfromtext st_polygonfromtext st_linefromtext st_geomfromgeojson', 'text', 'geometry', '$1'],
    ['st_geomfromtext st_pointfromtext st_polygonfromtext st_linefromtext', 'text, integer', 'geometry', '$1'],
    ['st_geomfromgeojson', 'jsonb', 'geometry', '$1::text'],
    ['st_geomfromgeojson', 'json', 'geometry', '$1::text'],
    ['st_geographyfromtext st_geogfromtext', 'text', 'geography', '$1'],
    ['st_geomfromwkb', 'bytea', 'geometry', 'encode($1, ''hex'')'],
    ['st_geomfromwkb', 'bytea, integer', 'geometry', 'encode($1, ''hex'')'],
    ['st_geogfromwkb', 'bytea', 'geography', 'encode($1, ''hex'')'],
    ['st_setsrid', '@G, integer', '@G', '$1::text'],
    ['st_transform st_pointn st_geometryn', 'geometry, integer', 'geometry', '$1::text'],
    ['st_centroid st_pointonsurface st_boundary st_envelope st_convexhull st_makevalid st_reverse st_startpoint st_endpoint '
     'st_exteriorring st_force2d st_force3d st_multi st_makepolygon st_linemerge st_unaryunion st_flipcoordinates st_normalize',
     'geometry', 'geometry', '$1::text'],
    ['st_centroid', 'geography, use_spheroid boolean DEFAULT true', 'geography', '$1::text'],
    ['st_intersection st_union st_difference st_symdifference st_makeline st_closestpoint st_shortestline st_collect st_addpoint',
     'geometry, geometry', 'geometry', '$1::text'],
    ['st_intersection', 'geography, geography', 'geography', '$1::text'],
    ['st_buffer', 'geometry, double precision, options text DEFAULT ''''', 'geometry', '$1::text'],
    ['st_buffer', 'geography, double precision', 'geography', '$1::text'],
    ['st_simplify st_simplifypreservetopology st_snaptogrid st_segmentize st_lineinterpolatepoint st_expand', 'geometry, double precision', 'geometry', '$1::text'],
    ['st_translate st_linesubstring', 'geometry, double precision, double precision', 'geometry', '$1::text'],
    ['st_project', 'geography, double precision, double precision', 'geography', '$1::text'],
    ['st_makeenvelope', 'double precision, double precision, double precision, double precision, integer DEFAULT 0', 'geometry', '''POLYGON EMPTY'''],
    ['st_tileenvelope', 'zoom integer, x integer, y integer', 'geometry', '''POLYGON EMPTY'''],
    ['geometry_same geometry_contains geometry_within', 'geometry, geometry', 'boolean', 'false'],
    ['postgis_version postgis_lib_version postgis_full_version', '', 'text', '''3.3.7''']];
  g text[];
  name text;
  t text;
BEGIN
  FOREACH g SLICE 1 IN ARRAY groups LOOP
    FOREACH name IN ARRAY string_to_array(g[1], ' ') LOOP
      FOREACH t IN ARRAY CASE WHEN g[2] LIKE '%@G%' THEN ARRAY['geometry', 'geography'] ELSE ARRAY['geometry'] END LOOP
        EXECUTE pg_catalog.format('CREATE FUNCTION %s(%s) RETURNS %s LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS %L', name,
          replace(g[2], '@G', t), replace(g[3], '@G', t), pg_catalog.format('SELECT (%s)::%s', g[4], replace(replace(replace(
            g[3], '@G', t), 'geometry', '@extschema@.geometry'), 'geography', '@extschema@.geography')));
      END LOOP;
    END LOOP;
  END LOOP;
END $$;
CREATE OPERATOR ~= (LEFTARG = geometry, RIGHTARG = geometry, PROCEDURE = geometry_same);
CREATE OPERATOR ~ (LEFTARG = geometry, RIGHTARG = geometry, PROCEDURE = geometry_contains);
CREATE OPERATOR @ (LEFTARG = geometry, RIGHTARG = geometry, PROCEDURE = geometry_within);
CREATE FUNCTION st_dump(geometry) RETURNS SETOF geometry_dump LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ''{1}''::integer[], $1';
CREATE FUNCTION st_dumppoints(geometry) RETURNS SETOF geometry_dump LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ''{1}''::integer[], $1';
CREATE FUNCTION postgis_keep(geometry, geometry) RETURNS geometry LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT coalesce($1, $2)';
CREATE AGGREGATE st_union(geometry) (SFUNC = postgis_keep, STYPE = geometry);
CREATE AGGREGATE st_collect(geometry) (SFUNC = postgis_keep, STYPE = geometry);
CREATE AGGREGATE st_makeline(geometry) (SFUNC = postgis_keep, STYPE = geometry);
CREATE AGGREGATE st_extent(geometry) (SFUNC = postgis_keep, STYPE = geometry);
