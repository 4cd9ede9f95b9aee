"""The real clients: wrangler and its Miniflare, the Supabase CLI."""
