-- a
CREATE VIRTUAL TABLE s USING fts5(title, body UNINDEXED, tokenize = 'porter');
-- b
create virtual table if not exists S using FTS5( title,body unindexed,
  tokenize="porter" );
-- expect
