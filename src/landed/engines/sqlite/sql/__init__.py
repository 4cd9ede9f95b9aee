"""SQLite's SQL: tokens, statements and their heads, expressions, queries."""
