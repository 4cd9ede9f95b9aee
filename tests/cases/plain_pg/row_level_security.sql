CREATE ROLE tenant_a LOGIN; CREATE ROLE tenants; GRANT tenants TO tenant_a; CREATE TABLE docs (id int PRIMARY KEY, owner name DEFAULT current_user);
ALTER TABLE docs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY mine ON docs TO tenants USING (owner = current_user) WITH CHECK (true);
INSERT INTO docs VALUES (1); UPDATE docs SET owner = 'x'; ALTER TABLE docs OWNER TO tenants; DELETE FROM docs; ALTER POLICY mine ON docs USING (false);
