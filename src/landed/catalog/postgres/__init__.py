"""The Postgres catalog as facts: snapshots within a scope, and what a statement changed in them."""

from landed.catalog.postgres.canonical import canonical_expression, canonical_view
from landed.catalog.postgres.scope import PLAIN, SUPABASE, Scope
from landed.catalog.postgres.snapshot import snapshot
from landed.catalog.postgres.tracker import Tracker

__all__ = ["PLAIN", "SUPABASE", "Scope", "Tracker", "canonical_expression", "canonical_view", "snapshot"]
