"""Failures of a Postgres replay that say something about the shadow, and nothing about the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from landed.core.facts import EXISTS, FactKey
from landed.core.timeline import Failure

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
