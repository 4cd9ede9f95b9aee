"""Throw-away databases in which migrations are replayed, and the cache of what was learnt."""
