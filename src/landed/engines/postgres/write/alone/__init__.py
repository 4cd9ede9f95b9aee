"""Statements that PostgreSQL runs in no transaction: each by itself, with what it may leave behind."""
