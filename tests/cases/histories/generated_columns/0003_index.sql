CREATE INDEX idx_items_total ON items (total DESC);
