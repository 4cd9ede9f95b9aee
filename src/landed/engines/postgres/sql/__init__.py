"""PostgreSQL's SQL: tokens, statements and their heads, parse trees, how files are cut, run and stored."""
