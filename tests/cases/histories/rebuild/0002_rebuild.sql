CREATE TABLE __new_posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'draft', 'done')));
INSERT INTO __new_posts (id, title, state) SELECT id, coalesce(title, ''), coalesce(state, 'new') FROM posts;
DROP TABLE posts;
ALTER TABLE __new_posts RENAME TO posts;
CREATE INDEX idx_posts_state ON posts (state);
