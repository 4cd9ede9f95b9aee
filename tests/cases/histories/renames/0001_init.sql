CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT NOT NULL, nick TEXT);
CREATE INDEX idx_users_mail ON users (mail);
