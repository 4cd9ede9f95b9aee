CREATE EXTENSION postgres_fdw; CREATE ROLE fdw_user;
CREATE SERVER warehouse FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'warehouse.example', dbname 'w');
CREATE USER MAPPING FOR fdw_user SERVER warehouse OPTIONS (user 'reader', password 'secret'); CREATE USER MAPPING FOR PUBLIC SERVER warehouse OPTIONS (user 'anyone');
CREATE FOREIGN TABLE remote_sales (id int, total numeric) SERVER warehouse OPTIONS (schema_name 'public', table_name 'sales');
GRANT USAGE ON FOREIGN SERVER warehouse TO fdw_user; ALTER SERVER warehouse OPTIONS (SET host 'other.example'); ALTER FOREIGN TABLE remote_sales OWNER TO fdw_user;
ALTER SERVER warehouse OWNER TO fdw_user;
