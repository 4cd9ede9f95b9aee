-- The role that owns the database: on a plain server, ownership by it is the normal case.
SELECT pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
