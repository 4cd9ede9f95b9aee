"""Report objects rendered as text and JSON."""
