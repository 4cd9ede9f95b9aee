"""One use case per command: each returns a report object and never prints."""
