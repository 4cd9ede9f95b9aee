DROP VIEW names;
CREATE VIEW names (id, name, year) AS SELECT id, last || ', ' || first, substr(born, 1, 4) FROM people WHERE last IS NOT NULL;
