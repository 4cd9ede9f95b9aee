"""A file's own settings, put aside while landed looks at the database in the file's transaction, and back."""

from __future__ import annotations

from collections.abc import Sequence

from landed.engines.postgres.connect.asking import GUARDED
from landed.engines.postgres.wire import Command

_NAMES = ("search_path", "row_security", "constraint_exclusion", "restrict_nonsystem_relation_kind")
_NOW = ", ".join(f"pg_catalog.current_setting('{name}', true)" for name in _NAMES)

ASIDE = (Command(f"SELECT {_NOW}"), Command(GUARDED))
"""Commands of which the first one's row is for :func:`back`; after them, only landed's own queries run."""


def back(row: Sequence[str | None]) -> Command:
    """The settings as they were; a server may lack the last one."""
    known = [(name, value) for name, value in zip(_NAMES, row, strict=True) if value is not None]
    each = ", ".join(f"pg_catalog.set_config('{name}', %s, true)" for name, _ in known)
    return Command(f"SELECT {each}", tuple(value for _, value in known))
