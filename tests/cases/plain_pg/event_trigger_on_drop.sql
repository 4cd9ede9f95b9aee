CREATE TABLE dropped (name text);
CREATE FUNCTION note_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO dropped SELECT object_identity FROM pg_event_trigger_dropped_objects(); END $$;
CREATE EVENT TRIGGER on_drop ON sql_drop EXECUTE FUNCTION note_drop(); CREATE TABLE gone (a int); DROP TABLE gone;
CREATE EXTENSION isn; DROP EXTENSION isn; CREATE ROLE et_owner; CREATE FUNCTION rewrites() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER on_rewrite ON table_rewrite EXECUTE FUNCTION rewrites(); ALTER EVENT TRIGGER on_rewrite ENABLE REPLICA;
