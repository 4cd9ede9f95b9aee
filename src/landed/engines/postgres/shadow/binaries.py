"""A set of Postgres programs on this machine: where they are, and which major version they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".exe" if os.name == "nt" else ""


class Binaries(NamedTuple):
    """Programs of one Postgres: ``bindir`` holds ``postgres`` and ``initdb``.

    ``origin`` is ``"installed"`` or ``"embedded"``. The programs are not changed, only run.
    """

    bindir: Path
    major: int
    origin: str

    def program(self, name: str) -> Path:
        """The path of one program."""
        return self.bindir / (name + SUFFIX)

    @property
    def identity(self) -> str:
        """Differs when the programs differ: path, size and time of change."""
        stat = self.program("postgres").stat()
        return f"{self.bindir}/{stat.st_size}/{stat.st_mtime_ns}"

    def share(self) -> Path:
        """The folder of ``postgres.bki`` and ``extension/`` (``pg_config --sharedir``).

        Raises :class:`FileNotFoundError` when it is not where Postgres packages put it.
        """
        root = self.bindir.parent
        places = [
            root / "share",
            root / "share/postgresql",
            root / f"share/postgresql@{self.major}",
            Path(f"/usr/share/postgresql/{self.major}"),
            root / f"share/postgresql/{self.major}",
        ]
        return _place(places, "postgres.bki", self, "--sharedir")

    def library(self) -> Path:
        """The folder of loadable modules (``pg_config --pkglibdir``); raises as :meth:`share`."""
        root = self.bindir.parent
        places = [
            root / "lib",
            root / "lib/postgresql",
            root / f"lib/postgresql@{self.major}",
            root / "lib64",
        ]
        for name in ("plpgsql.so", "plpgsql.dylib", "plpgsql.dll"):
            if found := next((place for place in places if (place / name).exists()), None):
                return found
        return _place([], "", self, "--pkglibdir")


def usable(bindir: Path) -> bool:
    """Whether a folder has the two programs that a shadow needs."""
    return all(os.access(bindir / (name + SUFFIX), os.X_OK) for name in ("postgres", "initdb"))


def major_of(postgres: Path) -> int | None:
    """The major version that a ``postgres`` program says it is; ``None`` when it cannot say."""
    try:
        said = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=20, check=True)
        return int(said.stdout.split()[2].split(".")[0].rstrip("abcdelrvt") or 0) or None
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _place(places: list[Path], mark: str, of: Binaries, option: str) -> Path:
    for place in places:
        if (place / mark).exists():
            return place
    config = of.program("pg_config")
    if config.exists():
        told = subprocess.run([config, option], capture_output=True, text=True, check=False).stdout.strip()
        if told and (Path(told) / mark).exists():
            return Path(told)
    raise FileNotFoundError(f"{shutil.which('postgres', path=str(of.bindir)) or of.bindir}: no {option[2:]}")
