CREATE TABLE settings (key TEXT NOT NULL, value BLOB, scope TEXT DEFAULT 'all', PRIMARY KEY (key, scope));
