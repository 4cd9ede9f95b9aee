"""Running files on a live Postgres and proving them."""
