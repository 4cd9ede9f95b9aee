-- a
CREATE VIRTUAL TABLE s USING fts5(title, tokenize = 'porter');
-- b
CREATE VIRTUAL TABLE s USING fts5(title, tokenize = 'trigram');
-- expect
-- virtual table s · arguments: title, tokenize = 'porter' -> title, tokenize = 'trigram'
