"""``CREATE COLLATION (provider = icu, …)`` where the shadow's server was built without ICU.

Something has to have the name, or everything that uses the collation fails: a copy of ``C`` does. Its facts
are those that were asked for; rows are not ordered or compared as on the target.
"""

from __future__ import annotations

import re

from landed.core.facts import Change, Effects
from landed.engines.postgres.sql.tokens import string_value, words

_TAG = "$landed_icu$"
_OPTIONS = re.compile(
    r"\s*+create\s++collation\s++(if\s++not\s++exists\s++)?([^(]+?)\s*+\((.*)\)\s*+\Z", re.I | re.S
)
_OPTION = re.compile(r"(\w+)\s*+=\s*+('(?:[^']|'')*'|\"[^\"]*\"|[\w.-]+)")


def with_icu_stood_in(statement: str) -> str:
    """The text to send: the statement, and what is done instead where the server says that it has no ICU."""
    found = _asks_icu(statement)
    if found is None or _TAG in statement:
        return statement
    return f"""DO {_TAG}
BEGIN
{statement}
;
EXCEPTION WHEN feature_not_supported THEN
  IF strpos(SQLERRM, 'ICU') = 0 THEN RAISE; END IF;
  CREATE COLLATION {found[1] or ""}{found[2]} FROM pg_catalog."C";
END {_TAG}"""


def as_asked(statement: str, effects: Effects) -> Effects:
    """The effects of such a statement as a server with ICU would show them."""
    found = _asks_icu(statement)
    if found is None or not any(_is_copy(change) for change in effects):
        return effects
    options = {name.lower(): _meant(value) for name, value in _OPTION.findall(found[3])}
    changed = []
    for change in effects:
        if _is_copy(change):
            changed.append(change._replace(after="icu"))
            told = {"rules": options.get("rules"), "deterministic": options.get("deterministic")}
            told["deterministic"] = "no" if told["deterministic"] in ("false", "off", "0") else None
            key = change.key
            changed += [Change(key._replace(prop=p), None, v) for p, v in told.items() if v is not None]
        elif change.key.kind == "collation" and change.key.prop == "locale":
            changed.append(change._replace(after=options.get("locale", "").replace("_", "-")))
        else:
            changed.append(change)
    return tuple(changed)


def _asks_icu(statement: str) -> re.Match[str] | None:
    if words(statement, 2) != ["CREATE", "COLLATION"]:
        return None
    found = _OPTIONS.match(statement)
    return found if found is not None and re.search(r"\bprovider\s*+=\s*+'?icu\b", found[3], re.I) else None


def _is_copy(change: Change) -> bool:
    return change.key.kind == "collation" and change.key.prop == "provider" and change.after == "libc"


def _meant(value: str) -> str:
    return string_value(value) if value.startswith("'") else value.strip('"')
