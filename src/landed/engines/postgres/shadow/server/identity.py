"""As whom server programs run: as the user, or, when the user is root, as ``nobody`` (no user is created)."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from landed.core.errors import CannotKnow, Code


class Identity(NamedTuple):
    """A user of the machine; Postgres refuses to run as uid 0."""

    uid: int
    gid: int
    dropped: bool
    """Whether privileges have to be given up to become it."""

    def own(self, path: Path) -> None:
        """Give it one file or folder."""
        if self.dropped:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def options(self) -> dict[str, Any]:
        """What :func:`subprocess.run` has to be told: user, groups, a lean environment, no terminal."""
        options: dict[str, Any] = {
            "env": _environment(),
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
        }
        if self.dropped:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, command: Sequence[str | Path], what: str) -> str:
        """Run a program to its end and return what it printed; raises :class:`CannotKnow` when it fails."""
        try:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                [os.fspath(part) for part in command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                text=True,
                errors="replace",
                **self.options(),
            )
        except OSError as error:
            raise CannotKnow(f"{what} cannot be run: {error.strerror or error}", code=Code.SHADOW) from None
        if done.returncode != 0:
            raise CannotKnow(
                f"{what} failed", code=Code.SHADOW, details=tuple(done.stdout.strip().splitlines()[-12:])
            )
        return done.stdout


def server_identity() -> Identity:
    """Whom the server is to run as; a number without an entry in passwd would be refused by Postgres."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid(), False)
    import pwd

    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotKnow(
            "Postgres does not run as root, and this machine has no user 'nobody' to run it as",
            code=Code.SHADOW,
            next="run landed as an ordinary user",
        ) from None
    return Identity(nobody.pw_uid, nobody.pw_gid, True)


def reachable_by_all(path: Path) -> bool:
    """Whether every user can run the programs in a folder: its own rights and those of all folders above."""
    path, real = path.absolute(), path.resolve()
    wanted = stat.S_IROTH | stat.S_IXOTH
    if path.stat().st_mode & wanted != wanted or not (path / "postgres").stat().st_mode & stat.S_IXOTH:
        return False
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (*path.parents, *real.parents))


def _environment() -> dict[str, str]:
    """Nothing that changes how a server behaves or where a client connects."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "LC_ALL": "C", "TZ": "UTC"}
