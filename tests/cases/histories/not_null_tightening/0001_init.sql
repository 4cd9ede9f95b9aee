CREATE TABLE members (id INTEGER PRIMARY KEY, region TEXT, joined TEXT);
