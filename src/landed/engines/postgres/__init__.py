"""Postgres and Supabase: reading, replaying, writing."""
