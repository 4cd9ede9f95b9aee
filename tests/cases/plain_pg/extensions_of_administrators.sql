CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pgstattuple; CREATE EXTENSION pg_buffercache; CREATE EXTENSION pgrowlocks; CREATE EXTENSION amcheck;
CREATE ROLE watcher; GRANT SELECT ON pg_stat_statements TO watcher; CREATE TABLE watched (a int);
