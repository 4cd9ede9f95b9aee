-- version: 1.1
-- relocatable: yes
-- Servers, mappings and foreign tables can be made; nobody is connected to, so nothing can be read or imported.
CREATE FUNCTION postgres_fdw_handler() RETURNS fdw_handler LANGUAGE internal STRICT AS 'internal_in';
CREATE FUNCTION postgres_fdw_validator(options text[], catalog oid) RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FOREIGN DATA WRAPPER postgres_fdw HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator;
CREATE FUNCTION postgres_fdw_get_connections(OUT server_name text, OUT valid boolean) RETURNS SETOF record
  LANGUAGE plpgsql STRICT AS $$ BEGIN RETURN; END $$;
CREATE FUNCTION postgres_fdw_disconnect(text) RETURNS boolean LANGUAGE sql STRICT AS $$ SELECT false $$;
CREATE FUNCTION postgres_fdw_disconnect_all() RETURNS boolean LANGUAGE sql STRICT AS $$ SELECT false $$;
