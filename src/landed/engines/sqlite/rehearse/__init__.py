"""Rehearsing files under SQLite's rules: without rows, and with a row in every table that they reach."""
