CREATE INDEX idx_jobs_kind ON jobs (json_extract(payload, '$.kind'), lower(queue) COLLATE NOCASE DESC);
CREATE UNIQUE INDEX idx_jobs_once ON jobs (queue) WHERE state IS NULL;
