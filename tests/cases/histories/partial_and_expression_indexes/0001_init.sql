CREATE TABLE jobs (id INTEGER PRIMARY KEY, queue TEXT NOT NULL, state TEXT, payload TEXT, due INTEGER);
CREATE INDEX idx_jobs_open ON jobs (queue, due) WHERE state = 'open';
