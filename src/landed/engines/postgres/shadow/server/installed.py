"""Postgres programs that are installed on this machine, by major version."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from landed.engines.postgres.shadow.binaries import SUFFIX, Binaries, major_of, usable

_NUMBERED = (
    "/usr/lib/postgresql/{}/bin",
    "/usr/pgsql-{}/bin",
    "/opt/homebrew/opt/postgresql@{}/bin",
    "/usr/local/opt/postgresql@{}/bin",
    "/Applications/Postgres.app/Contents/Versions/{}/bin",
    "/Library/PostgreSQL/{}/bin",
    "/usr/local/pgsql-{}/bin",
)
"""Where Debian, PGDG's RPMs, Homebrew, Postgres.app and EDB put a major version."""

OLDEST, NEWEST = 13, 40


def installed(major: int) -> Binaries | None:
    """An installed Postgres of one major version: numbered folders first, then what says so itself."""
    for pattern in _NUMBERED:
        bindir = Path(pattern.format(major))
        if usable(bindir):
            return Binaries(bindir, major, "installed")
    return next((found for found in _unnumbered() if found.major == major), None)


def any_installed(near: int | None) -> Binaries | None:
    """The installed Postgres whose major is nearest to the wanted one (the newest without one)."""
    wanted = near or NEWEST
    majors = sorted(range(OLDEST, NEWEST), key=lambda m: (abs(m - wanted), -m))
    numbered = (Path(p.format(m)) for m in majors for p in _NUMBERED)
    for bindir in numbered:
        if usable(bindir):
            found = re.search(r"(\d+)/bin$", bindir.as_posix())
            assert found is not None
            return Binaries(bindir, int(found[1]), "installed")
    return min(_unnumbered(), key=lambda b: abs(b.major - wanted), default=None)


def _unnumbered() -> Iterator[Binaries]:
    """Postgres on the PATH or in a folder named by ``LANDED_POSTGRES_BINDIR``, asked for its version."""
    folders = [os.environ.get("LANDED_POSTGRES_BINDIR")]
    if on_path := shutil.which("postgres" + SUFFIX):
        folders.append(str(Path(on_path).resolve().parent))
    for folder in filter(None, folders):
        bindir = Path(folder)
        if usable(bindir) and (major := major_of(bindir / ("postgres" + SUFFIX))) is not None:
            yield Binaries(bindir, major, "installed")
