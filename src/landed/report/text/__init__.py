"""Reports as text for people: one module per command, and what they share."""
