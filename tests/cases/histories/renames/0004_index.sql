DROP INDEX idx_users_mail;
CREATE UNIQUE INDEX idx_accounts_email ON accounts (email);
