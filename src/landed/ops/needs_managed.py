"""Failures of a replay for want of what a Supabase project's own auth, storage and the like have besides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from landed.core.timeline import Failure

if TYPE_CHECKING:
    from landed.ops.workspace import Workspace

_COLUMNS = frozenset(("users", "identities", "sessions", "objects", "buckets", "messages"))
"""Tables of the platform that people have added columns to; the server does not say their schema."""


def needs_managed(workspace: Workspace, failure: Failure) -> bool:
    """Whether a statement failed for want of something in a schema that the platform manages.

    Then ``landed shadow pull`` is the way out, unless its file is there.
    """
    if workspace.spec.kind != "supabase" or workspace.project.settings.managed is not None:
        return False
    missing = failure.lacking("relation", "type", "operator class", "collation", "function", "column")
    if missing is None:
        return False
    kind, name = missing
    if kind == "column":
        return name.rpartition(".")[0] in _COLUMNS
    from landed.engines.postgres.catalog.scope import SUPABASE

    schema, dot, _ = name.partition("(")[0].partition(".")
    return bool(dot) and re.match(SUPABASE.managed, schema) is not None
