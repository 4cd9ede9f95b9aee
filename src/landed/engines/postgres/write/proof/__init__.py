"""What a unit did: its facts, and what went though nothing names it."""
