"""landed: did your migration really land? Trust the schema, not the history."""

__version__ = "0.1.0"
