CREATE TABLE ddl_log (tag text, object text);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ddl_log SELECT tg_tag, object_identity FROM pg_event_trigger_ddl_commands(); END $$;
CREATE EVENT TRIGGER log_it ON ddl_command_end EXECUTE FUNCTION log_ddl();
CREATE TABLE seen (a int); ALTER EVENT TRIGGER log_it DISABLE; CREATE TABLE unseen (a int); ALTER EVENT TRIGGER log_it ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER log_it IS 'x'; ALTER EVENT TRIGGER log_it RENAME TO log_all;
CREATE EVENT TRIGGER some_tags ON ddl_command_start WHEN TAG IN ('DROP TABLE', 'DROP SCHEMA') EXECUTE PROCEDURE log_ddl();
