-- a
CREATE TABLE t (id INT, "a b" TEXT, CHECK (id > 0));
CREATE INDEX i ON t (id);
-- b
CREATE TABLE [t] (`id` 'INT', [a b] "TEXT", CHECK ([id] > 0));
CREATE INDEX "i" ON "t" (`id`);
-- expect
