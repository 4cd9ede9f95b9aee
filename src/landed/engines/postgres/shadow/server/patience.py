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


def patiently(opening: Callable[[], Opened]) -> Opened:
    """What ``opening`` gives once the server answers; one that has crashed takes a moment to come back.

    Raises :class:`CannotKnow` when it does not.
    """
    import psycopg

    end = time.monotonic() + PATIENCE
    try:
        return patience.patiently(opening, patience.until(end, (0.05,), psycopg.OperationalError))
    except psycopg.OperationalError as error:
        raise CannotKnow(
            "the shadow's Postgres is gone, and does not come back",
            code=Code.SHADOW,
            details=(str(error).strip(),),
            next="run the command again: a new one is started",
        ) from None
