"""What users are told of a file that may not, or could not, run."""
