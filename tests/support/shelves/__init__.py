"""An engine in one package: databases of shelves, which are dicts in memory."""
