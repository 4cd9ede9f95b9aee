"""Replays of SQLite and D1 files in memory, behind walls and within limits."""
