-- Rights on what extensions bring, and on languages that nobody made.
-- pair: rights on an extension's function
-- expect: revoke on extension member app.gen_salt(text)(EXECUTE from PUBLIC) *
-- setup
CREATE EXTENSION pgcrypto SCHEMA app;
-- change
REVOKE EXECUTE ON FUNCTION gen_salt(text) FROM PUBLIC;
-- pair: rights on an extension's function given
-- expect: grant on extension member app.gen_salt(text)(EXECUTE to drift_a) *
-- setup
CREATE EXTENSION pgcrypto SCHEMA app;
-- change
GRANT EXECUTE ON FUNCTION gen_salt(text) TO drift_a WITH GRANT OPTION;
-- pair: a language taken from everybody
-- expect: revoke on language plpgsql(USAGE from PUBLIC) *
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
-- pair: the language of SQL given
-- expect: grant on language sql(USAGE to drift_a) *
GRANT USAGE ON LANGUAGE sql TO drift_a;
