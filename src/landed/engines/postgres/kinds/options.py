"""Storage parameters and the options of foreign objects, which several kinds have."""

from __future__ import annotations

import re

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.naming import bare, text
from landed.engines.postgres.kinds.writes import Piece

_PARAMETER = re.compile(r"(?:toast\.)?[a-z][a-z0-9_]*\Z")
_NONE = frozenset(
    ("persistence", "tablespace", "server", "owner", "comment", "inherits", EXISTS, "definition", "unique",
     "valid", "ready", "clustered", "validated", "deferrable", "enforced", "triggers", "enabled", "columns",
     "populated",     "defined")
)  # fmt: skip
"""Properties that look like parameters and are none."""


def parameters(piece: Piece, alter: str) -> None:
    """Storage parameters and the like: ``SET (…)`` and ``RESET (…)``."""
    for option in sorted(p for p in piece.todo if _PARAMETER.match(p) and p not in _NONE):
        piece.takes(option)
        value = piece.want.get(option)
        piece.alter(
            f"{alter}RESET ({option})" if value is None else f"{alter}SET ({option} = {_value(value)})"
        )


def _value(value: str) -> str:
    return value if re.fullmatch(r"[\w.+-]+", value) else text(value)


def foreign_options(piece: Piece, alter: str) -> None:
    """OPTIONS of foreign objects; what may be a secret is known by its hash only, so it cannot be set."""
    for prop in sorted(p for p in piece.todo if p.startswith("option ")):
        name, wanted = prop.removeprefix("option "), piece.want.get(prop)
        if is_secret(wanted) and not piece.schema.copy:
            continue
        piece.takes(prop)
        verb = "DROP" if wanted is None else "SET" if prop in piece.have else "ADD"
        piece.alter(f"{alter}OPTIONS ({verb} {_name(name)}{'' if wanted is None else ' ' + _told(wanted)})")


def with_options(piece: Piece) -> str:
    """`` OPTIONS (…)`` of an object that is made; a secret one is empty."""
    told = []
    for prop, value in sorted(piece.want.items()):
        if not prop.startswith("option "):
            continue
        piece.takes(prop)
        told.append(f"{_name(prop.removeprefix('option '))} {_told(value)}")
    return f" OPTIONS ({', '.join(told)})" if told else ""


def lacks_secrets(piece: Piece) -> bool:
    """Whether it cannot be made for want of a secret; a copy does without."""
    return not piece.schema.copy and any(map(is_secret, piece.want.values()))


def is_secret(value: str | None) -> bool:
    """Whether a value is a hash that facts show in place of a secret."""
    return value is not None and value.startswith("sha256:")


def _told(value: str) -> str:
    return text("" if is_secret(value) else value)


def _name(option: str) -> str:
    from landed.engines.postgres.sql.names import quoted

    return bare(quoted(option))
