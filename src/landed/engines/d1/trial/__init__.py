"""Hosted D1 tried with a database of its own: what is made and kept of it, what is shown, what was heard."""
