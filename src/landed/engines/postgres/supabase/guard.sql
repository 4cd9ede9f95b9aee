-- What the platform refuses to postgres. Membership of the schemas' owners (roles.sql) is there only so that
-- policies and triggers of managed tables can be changed; everything else is refused in the server's own words.
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.landed_managed AS
  SELECT 'pg_class'::regclass::oid AS classid, oid AS objid FROM pg_class
    WHERE relnamespace::regnamespace::text IN ('auth', 'storage', 'realtime')
  UNION ALL SELECT 'pg_proc'::regclass::oid, oid FROM pg_proc
    WHERE pronamespace::regnamespace::text IN ('auth', 'storage', 'realtime')
  UNION ALL SELECT 'pg_type'::regclass::oid, oid FROM pg_type
    WHERE typnamespace::regnamespace::text IN ('auth', 'storage', 'realtime')
  UNION ALL SELECT 'pg_namespace'::regclass::oid, oid FROM pg_namespace
    WHERE nspname IN ('auth', 'storage', 'realtime');
GRANT SELECT ON pg_catalog.landed_managed TO PUBLIC;

CREATE FUNCTION pg_catalog.landed_guard_ddl() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  c record;
BEGIN
  IF current_user <> 'postgres' THEN
    RETURN;
  END IF;
  FOR c IN
    SELECT classid, objid, object_type, schema_name, object_identity FROM pg_event_trigger_ddl_commands()
    WHERE NOT in_extension AND schema_name IN ('auth', 'storage', 'realtime')
      OR object_type = 'schema' AND object_identity IN ('auth', 'storage', 'realtime')
  LOOP
    IF EXISTS (SELECT FROM landed_managed m WHERE m.classid = c.classid AND m.objid = c.objid) THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of %s %s',
        regexp_replace(c.object_type, '^(table|index|sequence) column$', '\1'),
        split_part(regexp_replace(c.object_identity, '^(auth|storage|realtime)\.', ''), '(', 1));
    END IF;
    IF c.object_type = 'index' AND EXISTS (SELECT FROM pg_index i JOIN landed_managed m ON m.objid = i.indrelid WHERE i.indexrelid = c.objid) THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of table %s',
        (SELECT r.relname FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid WHERE i.indexrelid = c.objid));
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'permission denied for schema ' || c.schema_name;
  END LOOP;
END $$;
CREATE FUNCTION pg_catalog.landed_guard_drop() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  d record;
BEGIN
  IF current_user <> 'postgres' THEN
    RETURN;
  END IF;
  FOR d IN
    SELECT object_type, object_name, object_identity FROM pg_event_trigger_dropped_objects() o
    WHERE EXISTS (SELECT FROM landed_managed m WHERE m.classid = o.classid AND m.objid = o.objid)
    ORDER BY NOT original, object_type <> 'table'
  LOOP
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('must be owner of %s %s', d.object_type, coalesce(d.object_name, split_part(d.object_identity, '(', 1)));
  END LOOP;
END $$;
CREATE EVENT TRIGGER landed_guard_ddl ON ddl_command_end EXECUTE FUNCTION pg_catalog.landed_guard_ddl();
CREATE EVENT TRIGGER landed_guard_drop ON sql_drop EXECUTE FUNCTION pg_catalog.landed_guard_drop();
-- Also where a migration sets session_replication_role.
ALTER EVENT TRIGGER landed_guard_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER landed_guard_drop ENABLE ALWAYS;

RESET allow_system_table_mods;
RESET client_min_messages;
