"""Servers for shadows: starting, walls, limits, databases on them."""
