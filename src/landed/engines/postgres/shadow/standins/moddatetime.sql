-- version: 1.0
-- relocatable: yes
CREATE FUNCTION moddatetime() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN NEW := jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], now())); RETURN NEW; END $$;
