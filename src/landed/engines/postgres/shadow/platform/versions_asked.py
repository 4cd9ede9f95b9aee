"""``CREATE EXTENSION … VERSION``: a version that a shadow's server lacks is made of the one that it has.

``supabase db diff`` writes the version of the platform that it was run on into the file; everything that the
file does with the extension would fail for want of it.
"""

from __future__ import annotations

from functools import lru_cache

from landed.engines.postgres.shadow.platform.collations_asked import with_icu_stood_in
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.sql.tokens import Token, literal, string_value, tokenize, words

_VALUES = ("word", "quoted", "string", "number")
_TAG = "$landed_version$"


@lru_cache(maxsize=256)
def as_this_server_can(statement: str, powers: Powers | None) -> tuple[bytes, ...]:
    """What to send for a statement, in order: itself, unless it asks for an extension's version, for ICU, or
    for something that landed does for it with its ``powers`` (on a server of its own).

    A version is tried first. Where the server has no script for it (22023), its default version is made
    and registered as the one asked for. What any other error says is as if the statement had been sent alone.
    """
    first = words(statement, 2)
    if first == ["CREATE", "COLLATION"]:
        return (with_icu_stood_in(statement).encode(),)
    if first != ["CREATE", "EXTENSION"] or _TAG in statement:
        return powers.sent(statement) if powers is not None else (statement.encode(),)
    tokens = [t for t in tokenize(statement) if t.kind not in ("space", "comment")]
    at = next((i for i, t in enumerate(tokens) if t.kind == "word" and t.text.upper() == "VERSION"), 0)
    skip = 5 if [t.text.upper() for t in tokens[2:5]] == ["IF", "NOT", "EXISTS"] else 2
    if not skip < at < len(tokens) - 1 or tokens[at + 1].kind not in _VALUES:
        return (statement.encode(),)
    value = tokens[at + 1]
    rest = statement[: tokens[at].start] + statement[value.start + len(value.text) :]
    name, version = _meant(tokens[skip]), _meant(value)
    tried = f"""DO {_TAG}
BEGIN
{statement}
;
EXCEPTION WHEN invalid_parameter_value THEN
  IF strpos(SQLERRM, 'has no installation script') = 0 THEN RAISE; END IF;
{rest}
;
  PERFORM pg_catalog.set_config('landed.version', {literal(name)}, true);
END {_TAG}"""
    known = () if powers is None else (powers.act(version=[name, version]),)
    return (tried.encode(), *known)


def _meant(token: Token) -> str:
    """What a name or a literal stands for."""
    if token.kind == "string":
        return string_value(token.text)
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"')
    return token.text.lower()
