"""Sessions on a live Postgres: opening, poolers, failures, locks, who is in the way."""
