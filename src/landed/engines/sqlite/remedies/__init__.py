"""What was changed by hand in a SQLite database: statements that bring it back, or take it over."""
