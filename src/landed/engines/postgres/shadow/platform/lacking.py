"""Roles that files speak of, that the target has, and that neither a file nor the platform makes.

A database's administrator makes roles by hand, once for all databases of a server. Files grant to them. They
are looked for in the text, blocks included: a status with nothing new to read does without trees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from landed.core.migration import Migration
from landed.engines.postgres.shadow.platform.baseline import Baseline

_BEFORE = r"(?:\b(?:to|from|role|by|user|group|authorization)\s++|,\s*+)"
_MAKES = r"\bcreate\s++(?:role|user|group)\s++"
_MAKES_SOME = re.compile(_MAKES + r"(?:if\s++not\s++exists\s++)?[%'|]", re.IGNORECASE)
"""A name that is put together at run time: whose it is cannot be seen."""


def lacking_roles(
    names: Iterable[str], migrations: Sequence[Migration], baseline: Baseline
) -> frozenset[str]:
    """Of the target's roles those that a replay has to make before its first file."""
    text: str | None = None
    folded = ""
    own = baseline.sql(baseline.roles)
    found = set()
    for name in names:
        if name in (baseline.superuser, baseline.admin, baseline.role, "public") or re.search(
            rf"\b{re.escape(name)}\b", own
        ):
            continue
        if text is None:
            text = "\n".join(migration.text for migration in migrations)
            folded = text.lower()
            if _MAKES_SOME.search(text):
                break
        if name.lower() not in folded:
            continue
        written = rf'(?:"{re.escape(name)}"|{re.escape(name)}(?![\w$]))'
        if re.search(_MAKES + written, text, re.IGNORECASE):
            continue
        if re.search(_BEFORE + written, text, re.IGNORECASE):
            found.add(name)
    return frozenset(found)
