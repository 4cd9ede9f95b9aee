CREATE SCHEMA extensions; CREATE EXTENSION pgcrypto SCHEMA extensions; CREATE EXTENSION "uuid-ossp" WITH SCHEMA extensions;
CREATE TABLE tokens (id uuid PRIMARY KEY DEFAULT extensions.uuid_generate_v4(), secret bytea DEFAULT extensions.gen_random_bytes(8));
ALTER EXTENSION pgcrypto SET SCHEMA public; CREATE ROLE ext_owner; ALTER SCHEMA extensions OWNER TO ext_owner;
