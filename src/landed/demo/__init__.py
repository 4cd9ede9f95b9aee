"""Worlds of the demo: broken projects, made the way that the platforms themselves make them."""
