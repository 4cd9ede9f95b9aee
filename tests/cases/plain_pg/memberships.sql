CREATE ROLE team; CREATE ROLE lead IN ROLE team; CREATE ROLE member_a LOGIN; GRANT team TO member_a; GRANT lead TO member_a WITH ADMIN OPTION;
GRANT pg_read_all_data TO team; GRANT pg_monitor TO lead; REVOKE team FROM member_a;
CREATE TABLE work (id int); GRANT SELECT, INSERT ON work TO team; GRANT UPDATE (id) ON work TO lead WITH GRANT OPTION;
COMMENT ON ROLE team IS 'all of us';
