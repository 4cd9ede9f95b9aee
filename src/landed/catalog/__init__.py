"""From catalog rows to facts, one module per engine."""
