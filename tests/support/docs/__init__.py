"""The pages as tests: the runner and the worlds that they name."""
