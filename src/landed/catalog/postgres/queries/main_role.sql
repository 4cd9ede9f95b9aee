-- The role that owns the database: on a plain server, ownership by it is the normal case.
SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
