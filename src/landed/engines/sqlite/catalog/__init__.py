"""Facts of a SQLite schema, from its texts alone."""
