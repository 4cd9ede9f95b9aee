"""What doctor looks at on Postgres: the address, the database, its history table, and the shadow."""
