"""A project's files and configuration: what is known before a database is opened."""
