"""Projects and databases to try landed on, and what draws them."""
