CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, state TEXT DEFAULT 'draft');
CREATE INDEX idx_posts_state ON posts (state);
