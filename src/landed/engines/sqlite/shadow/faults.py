"""Faults of a throw-away database itself: never a file's, and never kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import apsw

from landed.core.errors import CannotKnow, Code
from landed.engines.sqlite.shadow.walls import SAYS

_KINDS: Final = (
    apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.FullError, apsw.NoMemError, apsw.InternalError,
    apsw.NoLFSError, apsw.ProtocolError, MemoryError,
)  # fmt: skip
_OF_A_MODULE: Final = frozenset({apsw.SQLITE_CORRUPT_VTAB, apsw.SQLITE_CORRUPT_SEQUENCE})
"""What a virtual table says of its own content, and AUTOINCREMENT of its table: a file can bring it about."""


class Broken(CannotKnow):
    """A throw-away database could not be read or written: nothing that came of it says anything."""

    code = Code.SHADOW


def is_fault(error: BaseException) -> bool:
    """Whether an error is one of the database that files are replayed in, and not of a statement."""
    if not isinstance(error, _KINDS) or str(error).startswith(SAYS):
        return False
    return getattr(error, "extendedresult", 0) not in _OF_A_MODULE


@contextmanager
def told(what: str) -> Iterator[None]:
    """Faults in the body as :class:`Broken`; ``what`` was done."""
    try:
        yield
    except (*_KINDS, apsw.Error) as error:
        if not is_fault(error):
            raise
        raise Broken(
            f"{what} failed: the throw-away database cannot be read or written.",
            details=[str(error), "That says nothing about any file. Nothing was judged or changed."],
            next="run it again; if it says the same, look whether the machine has memory and room left",
        ) from error
