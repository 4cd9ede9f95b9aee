CREATE VIRTUAL TABLE docs_search USING fts5(title, body, content='docs', content_rowid='id', tokenize='trigram');
CREATE TRIGGER docs_ai AFTER INSERT ON docs BEGIN
  INSERT INTO docs_search (rowid, title, body) VALUES (NEW.id, NEW.title, NEW.body);
END;
