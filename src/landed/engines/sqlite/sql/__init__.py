"""SQLite's SQL: tokens, statements, expressions, queries."""
