CREATE TABLE members_new (id INTEGER PRIMARY KEY, region TEXT NOT NULL, joined TEXT);
INSERT INTO members_new SELECT id, region, joined FROM members;
DROP TABLE members;
ALTER TABLE members_new RENAME TO members;
