-- The end of every stand-in's script, whose name stands in place of {name}.
DO $landed$
DECLARE
  command text;
BEGIN
  -- Whatever of it runs with its owner's rights, or can be given triggers: not a superuser's.
  IF pg_catalog.to_regrole('landed_owner') IS NULL THEN
    RETURN;
  END IF;
  FOR command IN
    SELECT CASE WHEN d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                THEN 'ALTER ROUTINE ' || d.objid::pg_catalog.regprocedure::pg_catalog.text
                ELSE 'ALTER TABLE ' || d.objid::pg_catalog.regclass::pg_catalog.text END || ' OWNER TO landed_owner'
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid
    LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid
    WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
      AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = '{name}')
      AND (p.prosecdef OR c.relkind IN ('r', 'p', 'v', 'm')
           OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend o
             WHERE o.objid = c.oid AND o.classid = d.classid AND o.deptype IN ('a', 'i')))
  LOOP
    EXECUTE command;
  END LOOP;
  FOR command IN
    SELECT 'GRANT USAGE ON FOREIGN DATA WRAPPER ' || pg_catalog.quote_ident(w.fdwname) || ' TO '
      || pg_catalog.quote_ident(SESSION_USER) || ' WITH GRANT OPTION'
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND d.deptype = 'e'
      AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
      AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = '{name}')
  LOOP
    EXECUTE command;
  END LOOP;
END $landed$;
