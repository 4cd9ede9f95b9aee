"""The row guard: which rows a file would take away without saying so."""
