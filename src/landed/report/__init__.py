"""Reports rendered: a package for each format, and what formats share."""
