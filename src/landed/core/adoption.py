"""What was made by hand and by no migration: statements for a migration that makes it, and to remove it."""

from __future__ import annotations

from typing import NamedTuple

from landed.core.facts import FactKey


class Adoption(NamedTuple):
    """Statements (without ``;``) for what no migration owns.

    ``sql`` makes it, for a new migration; ``left`` are the facts that these do not make. ``drop`` removes
    it, as far as it holds no rows.
    """

    sql: tuple[str, ...]
    left: tuple[FactKey, ...]
    drop: tuple[str, ...]
