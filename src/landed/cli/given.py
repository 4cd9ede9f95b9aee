"""What was typed: kept apart, since all that is shown goes by it."""

from __future__ import annotations

GIVEN: list[str] = []
"""The words of the command line that is running: what is secret in them is shown by nothing."""
