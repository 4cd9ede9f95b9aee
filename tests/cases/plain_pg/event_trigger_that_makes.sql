CREATE FUNCTION protect() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.object_identity);
  END LOOP;
END $$;
CREATE EVENT TRIGGER protect_new ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION protect();
CREATE TABLE safe (a int); DROP EVENT TRIGGER protect_new; CREATE TABLE open_one (a int); DROP EVENT TRIGGER IF EXISTS protect_new;
