"""The Postgres catalog as facts: snapshots within a scope, and what a statement changed in them."""

from __future__ import annotations

from landed.engines.postgres.catalog.canonical import canonical_expression, canonical_view
from landed.engines.postgres.catalog.scope import PLAIN, SUPABASE, Scope
from landed.engines.postgres.catalog.snapshot import snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from landed.engines.postgres.catalog.tracker import Tracker

__all__ = ["PLAIN", "SUPABASE", "Scope", "Tracker", "canonical_expression", "canonical_view", "snapshot"]


def __getattr__(name: str) -> object:
    if name == "Tracker":  # a snapshot needs nothing of it
        from landed.engines.postgres.catalog.tracker import Tracker

        return Tracker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
