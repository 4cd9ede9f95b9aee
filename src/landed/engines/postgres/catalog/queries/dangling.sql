-- Fails where the catalog refers to what is not there; PostgreSQL itself knows what refers to what.
DO $$
DECLARE
  one record;
  found bool;
  joined text;
  unless text;
BEGIN
  FOR one IN
    SELECT * FROM pg_catalog.pg_get_catalog_foreign_keys() k
    WHERE NOT k.is_array AND k.fktable NOT IN (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relisshared)
  LOOP
    SELECT string_agg(format('p.%I = f.%I', p, f), ' AND ') INTO joined
      FROM unnest(one.pkcols, one.fkcols) AS u (p, f);
    unless := CASE WHEN one.is_opt THEN format(' AND f.%I <> 0', one.fkcols[array_upper(one.fkcols, 1)]) ELSE '' END;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s f WHERE NOT EXISTS (SELECT FROM %s p WHERE %s)%s)',
                   one.fktable, one.pktable, joined, unless) INTO found;
    IF found THEN
      RAISE EXCEPTION 'rows of % refer to nothing in %', one.fktable, one.pktable;
    END IF;
  END LOOP;
  FOR one IN
    SELECT DISTINCT v.*
    FROM pg_catalog.pg_depend d,
      LATERAL (VALUES (d.classid, 'classid', 'objid'), (d.refclassid, 'refclassid', 'refobjid')) AS v (catalog, class, part)
    WHERE v.catalog <> 0
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM pg_depend d WHERE d.%s = %s AND NOT EXISTS '
                   || '(SELECT FROM %s x WHERE x.oid = d.%s))',
                   one.class, one.catalog, one.catalog::regclass, one.part) INTO found;
    IF found THEN
      RAISE EXCEPTION 'what pg_depend has of % is not there', one.catalog::regclass;
    END IF;
  END LOOP;
  IF EXISTS (
    SELECT FROM pg_catalog.pg_class c
    WHERE c.relnatts <> (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
  ) THEN
    RAISE EXCEPTION 'columns are missing in pg_attribute';
  END IF;
END $$
