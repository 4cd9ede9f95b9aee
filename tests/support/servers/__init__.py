"""What listens: Postgres, poolers, stand-ins of D1, proxies, servers that mean harm."""
