"""Ledger rows without a file that hold the SQL that was run: which file has it now, or the file again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from landed.core.migration import Migration
from landed.engines.base import LostFile
from landed.engines.live import StoredRow
from landed.engines.postgres.ledger import fileless_name
from landed.engines.postgres.sql.split import split
from landed.engines.postgres.sql.stored import same_content


def same_as_stored(rows: Sequence[StoredRow], migrations: Sequence[Migration]) -> dict[str, tuple[str, ...]]:
    """Ledger rows without a file -> the files whose SQL they hold, by content, whatever they are called."""
    known = {m.version for m in migrations}
    fileless = [row for row in rows if row.version not in known and row.statements]
    taken = {row.version for row in rows}
    free = [m for m in migrations if m.version not in taken]
    return {
        fileless_name(row): tuple(m.name for m in free if same_content(row.statements, m.text) is True)
        for row in fileless
    }


def lost_file(rows: Sequence[StoredRow], name: str) -> LostFile | str:
    """The file that a row without one stands for, or why it cannot be written."""
    row = next((row for row in rows if fileless_name(row) == name), None)
    if row is None or not row.statements:
        return "the ledger does not hold its SQL"
    # A name is whatever somebody recorded; a file's name must stay in its folder.
    title = re.sub(r"[^\w.-]+", "_", row.name or "").strip(".") or "fetched"
    if not re.fullmatch(r"\d+", row.version):
        return f"{row.version!r} is no version that a file's name can have"
    text = as_file(row.statements)
    if text is None:
        return "its SQL cannot be put into one file again"
    return LostFile(f"{row.version}_{title}.sql", text, len(row.statements))


def as_file(statements: Sequence[str]) -> str | None:
    """The statements of a row as the text of a file that holds the same ones."""
    parts = [f"{s};\n" if split(s) else f"{s}\n" for s in statements]
    # A statement may end in a line comment, of which the ";" must not become a part.
    for text in ("".join(parts), "\n;\n".join(statements) + "\n"):
        if same_content(statements, text):
            return text
    return None
