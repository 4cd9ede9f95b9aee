CREATE VIEW young AS SELECT * FROM names WHERE year > '2000';
