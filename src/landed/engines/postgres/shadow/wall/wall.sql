-- The first wall: what landed does for a file that the file's own role may not do. Loaded last, by the superuser.
-- A command is run only with landed's signature over it (elevated.py makes both, from a parse tree and a list of
-- what is allowed); the file's triggers and event triggers cannot fire meanwhile, and nothing is left that a
-- superuser owns and the file's role could put code into.
SET client_min_messages = warning;
SET allow_system_table_mods = on;

-- What is remembered while the file's event triggers are off lies in pg_seclabel, under the provider "landed": a system
-- catalog, which no role but a superuser writes (pg_write_all_data is for every other table). objoid 0 says how deep.
CREATE FUNCTION pg_catalog.landed_quiet() RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp SET session_replication_role = replica AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_seclabel WHERE provider = 'landed') THEN
    RAISE insufficient_privilege USING MESSAGE = 'landed is at work';
  END IF;
  INSERT INTO pg_seclabel VALUES (0, 'pg_event_trigger'::regclass, 0, 'landed', '1');
  INSERT INTO pg_seclabel SELECT e.oid, 'pg_event_trigger'::regclass, 0, 'landed', e.evtenabled::text || ' ' || e.evtowner::text
    FROM pg_event_trigger e JOIN pg_authid a ON a.oid = e.evtowner WHERE NOT a.rolsuper;
  IF FOUND THEN
    -- Not only off: whoever owns one could switch it on again.
    UPDATE pg_event_trigger e SET evtenabled = 'D', evtowner = 10
      FROM pg_seclabel q WHERE q.provider = 'landed' AND q.objoid = e.oid;
  END IF;
END $$;
REVOKE ALL ON FUNCTION pg_catalog.landed_quiet() FROM PUBLIC;

CREATE FUNCTION pg_catalog.landed_unquiet() RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp SET session_replication_role = replica AS $$
BEGIN
  UPDATE pg_event_trigger e SET evtenabled = split_part(q.label, ' ', 1)::"char", evtowner = split_part(q.label, ' ', 2)::oid
    FROM pg_seclabel q WHERE q.provider = 'landed' AND q.objoid = e.oid;
  DELETE FROM pg_seclabel WHERE provider = 'landed';
END $$;
REVOKE ALL ON FUNCTION pg_catalog.landed_unquiet() FROM PUBLIC;

-- An extension's script runs as the superuser, and may hold further such commands.
CREATE FUNCTION pg_catalog.landed_extension_starts() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE pg_seclabel SET label = (label::int + 1)::text WHERE provider = 'landed' AND objoid = 0;
  IF NOT FOUND THEN
    PERFORM landed_quiet();
  END IF;
END $$;
CREATE FUNCTION pg_catalog.landed_extension_ends() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE pg_seclabel SET label = (label::int - 1)::text WHERE provider = 'landed' AND objoid = 0 AND label <> '1';
  IF NOT FOUND THEN
    PERFORM landed_unquiet();
  END IF;
END $$;
CREATE EVENT TRIGGER landed_extension_starts ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION', 'ALTER EXTENSION')
  EXECUTE FUNCTION pg_catalog.landed_extension_starts();
CREATE EVENT TRIGGER landed_extension_ends ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION', 'ALTER EXTENSION')
  EXECUTE FUNCTION pg_catalog.landed_extension_ends();
ALTER EVENT TRIGGER landed_extension_starts ENABLE ALWAYS;
ALTER EVENT TRIGGER landed_extension_ends ENABLE ALWAYS;

CREATE FUNCTION pg_catalog.landed_owners(kind text, names text[], path text) RETURNS oid[] LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
-- Who owns what a name stands for under a search path; of functions, all of that name.
DECLARE
  full_name text := (SELECT string_agg(quote_ident(n), '.' ORDER BY at) FROM unnest(names) WITH ORDINALITY AS u (n, at));
  last_name name := names[array_upper(names, 1)];
  found oid;
  several oid[];
BEGIN
  CASE kind
    WHEN 'relation' THEN
      PERFORM set_config('search_path', path, true);
      found := pg_catalog.to_regclass(full_name);
      PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      RETURN ARRAY(SELECT relowner FROM pg_class WHERE oid = found);
    WHEN 'type' THEN
      PERFORM set_config('search_path', path, true);
      found := pg_catalog.to_regtype(full_name);
      PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      RETURN ARRAY(SELECT typowner FROM pg_type WHERE oid = found);
    WHEN 'called' THEN
      PERFORM set_config('search_path', path, true);
      found := pg_catalog.to_regprocedure(names[1]);
      PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      RETURN ARRAY(SELECT proowner FROM pg_proc WHERE oid = found);
    WHEN 'function' THEN
      several := ARRAY(SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.proname = last_name AND (array_length(names, 1) = 1 OR n.nspname = names[array_upper(names, 1) - 1]));
      RETURN ARRAY(SELECT proowner FROM pg_proc WHERE oid = ANY (several));
    WHEN 'extension' THEN RETURN ARRAY(SELECT extowner FROM pg_extension WHERE extname = last_name);
    WHEN 'schema' THEN RETURN ARRAY(SELECT nspowner FROM pg_namespace WHERE nspname = last_name);
    WHEN 'publication' THEN RETURN ARRAY(SELECT pubowner FROM pg_publication WHERE pubname = last_name);
    WHEN 'server' THEN RETURN ARRAY(SELECT srvowner FROM pg_foreign_server WHERE srvname = last_name);
    WHEN 'wrapper' THEN RETURN ARRAY(SELECT fdwowner FROM pg_foreign_data_wrapper WHERE fdwname = last_name);
    WHEN 'event trigger' THEN
      RETURN ARRAY(SELECT coalesce(split_part(q.label, ' ', 2)::oid, e.evtowner) FROM pg_event_trigger e
        LEFT JOIN pg_seclabel q ON q.provider = 'landed' AND q.objoid = e.oid WHERE e.evtname = last_name);
  END CASE;
END $$;
REVOKE ALL ON FUNCTION pg_catalog.landed_owners(text, text[], text) FROM PUBLIC;

CREATE FUNCTION pg_catalog.landed_give(kind text, object name, to_role name) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
-- Ownership that the server lets superusers have only: an event trigger's, a wrapper's, a publication's of all tables.
DECLARE
  class regclass;
  object_id oid;
  new_owner oid := (SELECT oid FROM pg_authid WHERE rolname = to_role AND NOT rolsuper);
BEGIN
  IF new_owner IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied to give it to ' || to_role;
  END IF;
  CASE kind
    WHEN 'event trigger' THEN
      class := 'pg_event_trigger';
      UPDATE pg_event_trigger SET evtowner = new_owner WHERE evtname = object RETURNING oid INTO object_id;
      UPDATE pg_seclabel SET label = split_part(label, ' ', 1) || ' ' || new_owner::text WHERE provider = 'landed' AND objoid = object_id;
    WHEN 'wrapper' THEN
      class := 'pg_foreign_data_wrapper';
      UPDATE pg_foreign_data_wrapper SET fdwowner = new_owner WHERE fdwname = object RETURNING oid INTO object_id;
    WHEN 'publication' THEN
      class := 'pg_publication';
      UPDATE pg_publication SET pubowner = new_owner WHERE pubname = object RETURNING oid INTO object_id;
  END CASE;
  IF object_id IS NOT NULL THEN
    DELETE FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = class AND objid = object_id AND deptype = 'o';
    INSERT INTO pg_shdepend (dbid, classid, objid, objsubid, refclassid, refobjid, deptype)
      SELECT oid, class, object_id, 0, 'pg_authid'::regclass, new_owner, 'o' FROM pg_database WHERE datname = current_database();
  END IF;
END $$;
REVOKE ALL ON FUNCTION pg_catalog.landed_give(text, name, name) FROM PUBLIC;

-- act is JSON: sql (a statement), about (kind and names: must not be a superuser's), calls (signatures of functions that
-- the statement calls: must be a superuser's, as those of extensions are), to (a role: must be no superuser), give (kind
-- and name of what then becomes the role's); or version (of an extension), join (all roles), lend, take (landed_rows).
-- path is the caller's search path: names are looked up by it, nothing is run under it.
CREATE FUNCTION pg_catalog.landed_act(act text, signature text, path text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET session_replication_role = replica SET row_security = off
  SET check_function_bodies = off AS $$
DECLARE
  a jsonb;
  role_name text;
  called text;
  command text;
  actor text := coalesce(nullif(current_setting('role'), 'none'), session_user::text);
  key bytea := pg_read_binary_file('landed.key');  -- no table: there are roles that read all of them
BEGIN
  IF signature IS DISTINCT FROM encode(sha256(substr(key, 65) || sha256(substr(key, 1, 64) || convert_to(act, 'UTF8'))), 'hex') THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied for function landed_act';
  END IF;
  PERFORM landed_quiet();
  a := act::jsonb;
  IF EXISTS (SELECT FROM pg_authid WHERE rolname = a ->> 'to' AND rolsuper) THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied: ' || (a ->> 'to') || ' is a superuser';
  END IF;
  IF a ? 'about' AND EXISTS (SELECT FROM pg_authid WHERE rolsuper AND oid = ANY (landed_owners(a -> 'about' ->> 0,
      ARRAY(SELECT jsonb_array_elements_text(a -> 'about' -> 1)), path))) THEN
    RAISE insufficient_privilege USING MESSAGE = 'must be owner of ' || (a -> 'about' ->> 1);
  END IF;
  FOR called IN SELECT jsonb_array_elements_text(a -> 'calls') LOOP
    IF NOT EXISTS (SELECT FROM pg_authid WHERE rolsuper AND oid = ANY (landed_owners('called', ARRAY[called], path))) THEN
      RAISE insufficient_privilege USING MESSAGE = called || ' would run as a superuser: landed runs no code of files so';
    END IF;
  END LOOP;
  command := a ->> 'sql';
  IF command IS NOT NULL THEN
    PERFORM set_config('search_path', path, true);
    EXECUTE command;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  END IF;
  IF a ? 'give' THEN
    PERFORM landed_give(a -> 'give' ->> 0, (a -> 'give' ->> 1)::name, coalesce(a ->> 'to', actor)::name);
  END IF;
  IF current_setting('landed.version', true) = a -> 'version' ->> 0 THEN
    UPDATE pg_extension SET extversion = a -> 'version' ->> 1 WHERE extname = a -> 'version' ->> 0;
    PERFORM set_config('landed.version', '', true);
  END IF;
  IF a ? 'join' THEN
    FOR role_name IN SELECT r.rolname FROM pg_authid r
        WHERE NOT r.rolsuper AND r.rolname !~ '^(pg|landed)_' AND r.rolname <> session_user
          AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_authid s ON s.oid = m.member
            WHERE m.roleid = r.oid AND s.rolname = session_user AND m.admin_option) LOOP
      BEGIN
        EXECUTE format('GRANT %I TO %I WITH ADMIN OPTION', role_name, session_user);
      EXCEPTION WHEN invalid_grant_operation THEN NULL;  -- the other way round they are members already
      END;
    END LOOP;
  END IF;
  IF a ? 'lend' THEN
    EXECUTE format('GRANT landed_rows TO %I', session_user);
  END IF;
  IF a ? 'take' THEN
    EXECUTE format('REVOKE landed_rows FROM %I', session_user);
  END IF;
  PERFORM landed_unquiet();
END $$;
RESET allow_system_table_mods;
RESET client_min_messages;
