CREATE ROLE billing NOLOGIN;
CREATE TABLE invoices (id int PRIMARY KEY, total numeric); ALTER TABLE invoices OWNER TO billing;
ALTER TABLE invoices ADD COLUMN paid boolean NOT NULL DEFAULT false;
CREATE INDEX invoices_paid ON invoices (paid);
CREATE TABLE IF NOT EXISTS public.lines (id int PRIMARY KEY, invoice int REFERENCES invoices); ALTER TABLE IF EXISTS public.lines OWNER TO billing;
ALTER TABLE IF EXISTS public.nothing OWNER TO billing;
