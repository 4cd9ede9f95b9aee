"""Rehearsing on Postgres: locks, rewrites and scans measured, and rows in the tables that files reach."""
