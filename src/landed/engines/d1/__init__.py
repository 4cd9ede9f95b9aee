"""Remote D1 over Cloudflare's API, under the rules of SQLite's engine."""
