DROP TRIGGER docs_ai;
DROP TABLE docs_search;
CREATE VIRTUAL TABLE docs_search USING fts5(title, body, tokenize='porter unicode61');
