"""Programs that the server's user can reach: a copy of those in a private folder, such as root's home."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from landed.engines.postgres.shadow.binaries import Binaries
from landed.engines.postgres.shadow.server.identity import reachable_by_all


def reachable_programs(binaries: Binaries, base: Path) -> Path:
    """The folder to run programs from: theirs, or that of a copy below ``base``, made on first use.

    A wheel keeps shared libraries in a folder beside its package, found from the program's place, so the
    copy has the same layout.
    """
    if reachable_by_all(binaries.bindir):
        return binaries.bindir
    bindir = binaries.bindir.resolve()
    install, package = bindir.parent, bindir.parent.parent
    home = base / f"programs-{hashlib.sha256(binaries.identity.encode()).hexdigest()[:12]}"
    if not (home / "complete").exists():
        partial = home.with_name(f"{home.name}.{os.getpid()}")
        unused = shutil.ignore_patterns("include", "doc")
        shutil.copytree(install, partial / package.name / install.name, symlinks=True, ignore=unused)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        _open(partial)
        (partial / "complete").touch()
        try:
            partial.rename(home)
        except OSError:  # somebody else's copy came first
            shutil.rmtree(partial, ignore_errors=True)
    return home / package.name / install.name / bindir.name


def _open(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        os.chmod(place, 0o755)
        for name in names:
            path = Path(place, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)
