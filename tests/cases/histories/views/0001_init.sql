CREATE TABLE people (id INTEGER PRIMARY KEY, first TEXT, last TEXT, born TEXT);
CREATE VIEW names AS SELECT id, first || ' ' || last AS name FROM people;
