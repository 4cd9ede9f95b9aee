"""Attempts to get out, and marks that show whether one did."""
