"""A server that has crashed comes back: waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from landed.core.errors import CannotKnow

Opened = TypeVar("Opened")

PATIENCE = 30.0
"""Seconds that a server may take to come back after a crash."""


def patiently(opening: Callable[[], Opened]) -> Opened:
    """What ``opening`` gives once the server answers; one that has crashed takes a moment to come back.

    Raises :class:`CannotKnow` when it does not.
    """
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            return opening()
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise CannotKnow(
                    "the shadow's Postgres is gone, and does not come back",
                    details=(str(error).strip(),),
                    next="run the command again: a new one is started",
                ) from None
            time.sleep(0.05)
