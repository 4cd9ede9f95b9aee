"""What a replay may take of time, memory and disk, and what the settings for that may say."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Seconds of one ``statement`` and of a whole replay (``total``); bytes of ``memory`` and ``disk``.

    ``memory`` is the private memory of one process of the server, and what one answer may take in landed;
    ``disk`` the size of the folder of the server, with all that is kept in it.
    """

    statement: float = 60.0
    total: float = 900.0
    memory: int = 512 << 20
    disk: int = 2 << 30


DEFAULT = Limits()
