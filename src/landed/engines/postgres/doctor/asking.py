"""What the server refuses while doctor looks becomes an error that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from landed.core.errors import CannotKnow


@contextmanager
def asking(what: str) -> Iterator[None]:
    """What the server refuses becomes an error that doctor shows. Raises CannotKnow."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip()
        raise CannotKnow(f"{what} could not be read: {said}") from error
