"""Throw-away Postgres servers and databases: found or brought along, started on demand, never the user's."""
