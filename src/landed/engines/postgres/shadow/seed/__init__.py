"""Rows for every table of a shadow."""
