DROP INDEX idx_jobs_open;
CREATE INDEX idx_jobs_open ON jobs (queue, due DESC) WHERE state IN ('open', 'late');
