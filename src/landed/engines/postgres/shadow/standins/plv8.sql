-- version: 3.1.10
-- schema: pg_catalog
-- The language by name: functions can be made, not called.
CREATE FUNCTION plv8_call_handler() RETURNS language_handler LANGUAGE internal AS 'internal_in';
CREATE TRUSTED LANGUAGE plv8 HANDLER plv8_call_handler;
