"""One row of sqlite_master, apart from the reader of its text so that holding it costs no import."""

from __future__ import annotations

from typing import NamedTuple


class SchemaRow(NamedTuple):
    """One row of sqlite_master; ``sql`` is None for the indexes that SQLite makes by itself."""

    type: str
    name: str
    tbl_name: str
    sql: str | None
