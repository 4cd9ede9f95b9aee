CREATE ROLE leaver; CREATE ROLE stayer; CREATE SCHEMA desk_of_leaver AUTHORIZATION leaver; CREATE TABLE desk_of_leaver.t (a int); ALTER TABLE desk_of_leaver.t OWNER TO leaver;
GRANT SELECT ON desk_of_leaver.t TO stayer; REASSIGN OWNED BY leaver TO stayer; DROP OWNED BY leaver; DROP ROLE leaver;
