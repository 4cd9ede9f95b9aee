"""Failures of a replay for want of what a Supabase project's own auth, storage and the like have besides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landed.ops.workspace import Workspace

_MISSING = re.compile(
    r'(?:relation|type|operator class|collation) "([^".]+)\.[^"]+" does not exist'
    r'|function ([\w]+)\.\w+\(.*does not exist|column .* of relation "([^"]+)" does not exist'
)
_COLUMNS = frozenset(("users", "identities", "sessions", "objects", "buckets", "messages"))
"""Tables of the platform that people have added columns to; the server does not say their schema."""


def needs_managed(workspace: Workspace, message: str) -> bool:
    """Whether a statement failed for want of something in a schema that the platform manages.

    Then ``landed shadow pull`` is the way out, unless its file is there.
    """
    if workspace.spec.kind != "supabase" or workspace.project.settings.managed is not None:
        return False
    found = _MISSING.search(message)
    if found is None:
        return False
    from landed.engines.postgres.catalog.scope import SUPABASE

    if found[3]:
        return found[3] in _COLUMNS
    return re.match(SUPABASE.managed, found[1] or found[2]) is not None
