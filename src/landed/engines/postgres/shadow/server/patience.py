"""A server that has crashed comes back: waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from landed.core import patience
from landed.core.errors import CannotKnow, Code

Opened = TypeVar("Opened")

PATIENCE = 30.0
"""Seconds that a server may take to come back after a crash."""


def patiently(opening: Callable[[], Opened], gone: Callable[[], str | None] = lambda: None) -> Opened:
    """What ``opening`` gives once the server answers; one that has crashed takes a moment to come back.

    Raises :class:`CannotKnow` when it does not, and at once when ``gone`` says why it will not.
    """
    import psycopg

    end = time.monotonic() + PATIENCE
    try:
        waiting = patience.until(end, (0.05,), psycopg.OperationalError)
        return patience.patiently(
            opening, lambda error, tried: None if gone() is not None else waiting(error, tried)
        )
    except psycopg.OperationalError as error:
        raise CannotKnow(
            "the shadow's Postgres is gone, and does not come back",
            code=Code.SHADOW,
            details=(*filter(None, [gone()]), str(error).strip()),
            next="run the command again: a new one is started",
        ) from None
