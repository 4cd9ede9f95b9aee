"""What statements failed for want of: what the target has, its platform has, or no file makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from landed.core.facts import EXISTS, FactKey
from landed.core.timeline import Failure, Step
from landed.engines.postgres.catalog.scope import SUPABASE
from landed.engines.postgres.supabase.profile import EXTENDED

_NOT_HERE: Final = frozenset({"0A000", "58P01", "22023"})
"""SQLSTATEs for an extension that this machine does not come with, or not in that version."""
_KINDS: Final = ("relation", "type", "schema", "role", "publication", "extension", "function")


def lacks(failure: Failure, live: Mapping[FactKey, str], ledger: str = "") -> bool:
    """Whether the statement failed for want of something that the target has, or may well have.

    An extension that this machine's Postgres does not come with; a relation, type, schema or function that no
    earlier file made and that the live schema has nevertheless; or the history table (``schema.table``),
    which is there before the first file runs.
    """
    missing = failure.lacking(*_KINDS)
    if missing is None:
        return False
    if failure.code in _NOT_HERE and missing.kind == "extension":
        return True
    wanted = missing.last
    if wanted and wanted in ledger.replace('"', "").split("."):
        return True
    return bool(wanted) and any(
        key.prop == EXISTS and key.name.partition("(")[0].replace('"', "").rpartition(".")[2] == wanted
        for key in live
    )


def wants_rows(failure: Failure) -> bool:
    """Whether a statement failed for a constraint on rows, of a foreign key or of NOT NULL."""
    return failure.code in ("23503", "23502")


def needs_managed(failure: Failure) -> bool:
    """Whether a statement failed for want of something in a schema that Supabase manages."""
    missing = failure.lacking("relation", "type", "operator class", "collation", "function", "column")
    if missing is None:
        return False
    kind, name = missing
    if kind == "column":
        return name.rpartition(".")[0] in EXTENDED
    schema, dot, _ = name.partition("(")[0].partition(".")
    return bool(dot) and re.match(SUPABASE.managed, schema) is not None


def needs_base(failure: Failure, steps: Sequence[Step]) -> bool:
    """Whether it failed for want of a relation, type, schema or function that no file makes."""
    missing = failure.lacking("relation", "type", "schema", "function")
    if missing is None:
        return False
    return not any(
        key.prop == EXISTS and key.name.partition("(")[0].rpartition(".")[2].strip('"') == missing.last
        for step in steps
        for key, (_, after, _) in step.net.items()
        if after is not None
    )
