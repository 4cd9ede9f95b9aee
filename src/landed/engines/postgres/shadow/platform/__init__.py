"""What a shadow holds before the first file, and what landed does for files there."""
