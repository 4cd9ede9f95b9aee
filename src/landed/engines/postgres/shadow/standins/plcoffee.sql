-- version: 3.1.10
-- schema: pg_catalog
-- The language by name: functions can be made, not called.
CREATE FUNCTION plcoffee_call_handler() RETURNS language_handler LANGUAGE internal AS 'internal_in';
CREATE TRUSTED LANGUAGE plcoffee HANDLER plcoffee_call_handler;
