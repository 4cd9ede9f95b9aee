"""landed: did your migration really land? Trust the schema, not the history."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from landed.features import MissingFeature, require, require_async

__version__ = "0.1.0"

__all__ = ["MissingFeature", "__version__", "require", "require_async"]


def __getattr__(name: str) -> object:
    if name in ("MissingFeature", "require", "require_async"):
        from landed import features

        return getattr(features, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
