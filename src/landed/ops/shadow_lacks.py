"""Failures of a Postgres replay that say something about the shadow, and nothing about the target."""

from __future__ import annotations

import re
from collections.abc import Mapping

from landed.core.facts import EXISTS, FactKey
from landed.core.timeline import Failure

_EXTENSION = re.compile(r'extension "([^"]+)" (?:is not available|has no installation script|is not allow)')
_MISSING = re.compile(
    r'(?:relation|type|schema|role|publication|extension) "([^"]+)" does not exist|function ([\w."]+)\('
)
_CODES = ("(0A000)", "(58P01)", "(42P01)", "(42704)", "(3F000)", "(42883)", "(22023)")


def lacks(failure: Failure, live: Mapping[FactKey, str], ledger: str = "") -> bool:
    """Whether the statement failed for want of something that the target has, or may well have.

    An extension that this machine's Postgres does not come with; a relation, type, schema or function that no
    earlier file made and that the live schema has nevertheless; or the history table (``schema.table``),
    which is there before the first file runs.
    """
    if not failure.message.endswith(_CODES):
        return False
    if _EXTENSION.search(failure.message):
        return True
    found = _MISSING.search(failure.message)
    name = (found[1] or found[2] or "") if found else ""
    wanted = name.replace('"', "").rpartition(".")[2]
    if wanted and wanted in ledger.replace('"', "").split("."):
        return True
    return bool(wanted) and any(
        key.prop == EXISTS and key.name.partition("(")[0].replace('"', "").rpartition(".")[2] == wanted
        for key in live
    )
