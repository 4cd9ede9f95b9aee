"""PostgreSQL's SQL: tokens, statements, how they are cut and run, as the CLI stores them."""
