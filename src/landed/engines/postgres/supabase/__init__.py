"""Supabase's quirks: its profile, and the SQL of what a project has before its first migration."""
