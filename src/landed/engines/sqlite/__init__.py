"""SQLite files and local D1: reading, replaying, writing."""
