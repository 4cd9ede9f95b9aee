"""PostgreSQL statements that can be run again and then leave what they left the first time."""

from __future__ import annotations

from typing import Final

from landed.engines.postgres.sql.tokens import words

_ALTERED: Final = frozenset(
    ("TABLE", "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "VIEW", "MATERIALIZED", "SCHEMA", "SEQUENCE",
     "INDEX", "POLICY", "TYPE", "DOMAIN", "TRIGGER", "PUBLICATION", "EVENT", "DEFAULT")
)  # fmt: skip
_SETS: Final = frozenset(
    ("SET", "RESET", "ENABLE", "DISABLE", "FORCE", "NO", "OWNER", "VALIDATE", "USING", "WITH")
)
_ROUTINES: Final = frozenset(("FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"))
_ONCE: Final = frozenset(("ADD", "DROP", "RENAME", "ATTACH", "DETACH", "SCHEMA"))


def is_repeatable(sql: str) -> bool:
    """Whether a statement says how something has to be, and not what is to be done to it.

    ``CREATE OR REPLACE``, GRANT and REVOKE, COMMENT, SECURITY LABEL, and an ALTER that only sets. Where it
    cannot be told from the leading words it is not.
    """
    w = words(sql, 200)
    if w[:3] == ["CREATE", "OR", "REPLACE"] or w[:1] in (["GRANT"], ["REVOKE"], ["COMMENT"], ["SECURITY"]):
        return True
    if w[:1] != ["ALTER"] or w[1:2] == [] or w[1] not in _ALTERED:
        return False
    outside = _outside(w[2:])
    if w[1] == "DEFAULT":
        return True
    if w[1] in _ROUTINES:
        return not {"RENAME", "SCHEMA", "DEPENDS"}.intersection(outside)
    return bool(_SETS.intersection(outside)) and not _ONCE.intersection(outside)


def _outside(w: list[str]) -> list[str]:
    """The words that are not in parentheses."""
    depth, found = 0, []
    for word in w:
        depth += (word == "(") - (word == ")")
        if not depth:
            found.append(word)
    # ALTER TABLE … ALTER COLUMN c DROP DEFAULT (or NOT NULL) takes away what may be gone already.
    return [
        "RESET" if word == "DROP" and found[at + 1 : at + 2] in (["DEFAULT"], ["NOT"]) else word
        for at, word in enumerate(found)
    ]
