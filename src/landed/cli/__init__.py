"""The command line: parses and prints, nothing else."""

import gc

GARBAGE = 250_000
# What a command loads and reads it needs to its end: the usual collections, one for every 700 new
# objects, find nothing. Garbage is still collected where a long run makes more of it.
gc.set_threshold(GARBAGE, 10, 10)
