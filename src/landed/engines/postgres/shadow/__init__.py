"""Throw-away databases for Postgres files: the server, the replay, rows, what the platform brings."""
