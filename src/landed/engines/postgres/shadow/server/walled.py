"""How a throw-away server is started behind its walls: the plan, and the program that carries it out."""

from __future__ import annotations

import contextlib
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import landed
from landed.core.errors import CannotKnow, Code
from landed.engines.postgres.shadow.binaries import Binaries
from landed.engines.postgres.shadow.server.identity import Identity
from landed.engines.postgres.shadow.walls import confine, landlock, launch

UP = True
"""Whether walls are put up. There is no setting for it: tests of what stands before them change it."""

PATIENCE = 30.0
"""Seconds that putting up the walls may take; it takes some hundredths of one."""

_SYSTEM = (
    *("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"),
    *("/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path"),
    *("/usr/share/zoneinfo", "/usr/share/locale", "/usr/share/i18n", "/usr/share/perl", "/usr/share/perl5"),
    *("/usr/share/tcltk", "/var/cache/postgresql/dicts", "/dev/urandom"),
)
"""What any program reads to run, languages of extensions included; distributions' own files, all of it."""
_STORES = ("/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew")
"""Where some package managers keep everything that they install, each library in a folder of its own."""
NEWEST = confine.NEWEST_LANDLOCK
"""The newest version of Landlock that is made use of."""


class Walls(NamedTuple):
    """What stands between a server and the machine.

    ``landlock`` is its version (0: not in force), ``seccomp`` whether system calls are filtered,
    ``lacking`` why something is not in force.
    """

    landlock: int
    seccomp: bool
    lacking: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """For the user: what is in force."""
        found = [*(["Landlock"] if self.landlock else []), *(["seccomp"] if self.seccomp else [])]
        return " and ".join(found) or "none"

    @property
    def gaps(self) -> tuple[str, ...]:
        """For the user: what is not kept from the server's process here, and why; none on a new Linux."""
        found = list(self.lacking)
        if not self.landlock:
            found.append("files that the server's user can read or write are not kept from it")
        elif self.landlock < _SIGNALS_SINCE:
            found.append(
                f"Landlock is of version {self.landlock} here: signals to other processes of the server's"
                f" user are not kept from it (version {_SIGNALS_SINCE}, Linux 6.12, would)"
            )
        if not self.seccomp:
            found.append("the network and other programs are not kept from it")
        return tuple(found)


_SIGNALS_SINCE = 6

NONE = Walls(0, False, ("the server is somebody else's",))
"""Of a server that landed did not start."""


def expected() -> Walls:
    """What would stand between a server and this machine; nothing is started but what finds that out."""
    if not UP:
        return Walls(0, False)
    return told(start({"probe": True, "environment": {}})())


def told(answer: dict[str, Any]) -> Walls:
    """The walls of an answer of the launching program."""
    return Walls(int(answer["landlock"]), bool(answer["seccomp"]), tuple(answer["lacking"]))


def rights(source: Binaries, postgres: Path, root: Path, loaded: list[str]) -> list[tuple[str, int]]:
    """What the server may do with files: its own two folders, its installation, the system's libraries.

    ``loaded`` are the libraries that the program is linked with.
    """
    install = source.bindir.resolve().parent
    folders = {
        *(source.share().resolve(), source.library().resolve(), install / "lib", install / "share"),
        *(root / "farm", install.parent.with_name(install.parent.name + ".libs")),
        *(Path(os.path.realpath(library)).parent for library in loaded),
    }
    found = [(str(folder), landlock.READ) for folder in sorted(folders) if len(folder.parts) > 2]
    found += [(place, landlock.READ) for place in _SYSTEM]
    found += [(place, landlock.READ) for place in _STORES if str(install).startswith(place + "/")]
    found += [(str(root / name), landlock.READ_FILE) for name in ("postgresql.conf", "pg_hba.conf")]
    found += [
        (str(root / "data"), landlock.OWN),
        (str(root / "s"), landlock.OWN | landlock.MAKE_SOCK),
        ("/dev/null", landlock.READ_FILE | landlock.WRITE_FILE),
        (os.path.realpath(postgres), landlock.EXECUTE | landlock.READ_FILE),
    ]
    if loader := _loader(postgres):
        # The system executes it, too, on the way to the program.
        found.append((os.path.realpath(loader), landlock.EXECUTE | landlock.READ_FILE))
    return found


def loaded_libraries(postgres: Path, identity: Identity) -> list[str]:
    """The libraries that a program is linked with, as the system's loader finds them."""
    if sys.platform != "linux":
        return []
    options = identity.options()
    options["env"] = {**options["env"], "LD_TRACE_LOADED_OBJECTS": "1"}
    try:
        done = subprocess.run([postgres], capture_output=True, check=False, timeout=20, **options)
    except (OSError, subprocess.SubprocessError):
        return []
    words = done.stdout.decode(errors="replace").split()
    return [word for word in words if word.startswith("/")]


def start(plan: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Start what a plan describes (:mod:`..walls.launch`); it leaves this process.

    What is returned waits for the answer. It raises :class:`CannotKnow` when nothing was started.
    """
    text = json.dumps(plan)
    alone = sys.platform == "linux" and threading.active_count() == 1
    if alone or not sys.executable or not os.access(sys.executable, os.X_OK):
        return _forked(text)
    package = str(Path(landed.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", launch.PROGRAM, package, text],
        env=plan["environment"],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )

    def answer() -> dict[str, Any]:
        assert process.stdout is not None
        with process:
            return _answer(_line(process.stdout.fileno()))

    return answer


def _forked(text: str) -> Callable[[], dict[str, Any]]:
    """The same from a copy of this process, which saves the start of an interpreter.

    With other threads a copy may wait for ever for a lock that one of them held.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            launch.main(text, writing)
        os._exit(0)
    os.close(writing)

    def answer() -> dict[str, Any]:
        try:
            line = _line(reading)
        finally:
            os.close(reading)
        os.waitpid(pid, 0)
        return _answer(line)

    return answer


def _line(descriptor: int) -> bytes:
    """The first line that comes, or what has come of it by its end or when patience is over."""
    line, end = b"", time.monotonic() + PATIENCE
    while not line.endswith(b"\n"):
        if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
            break
        more = os.read(descriptor, 65536)
        if not more:
            break
        line += more
    return line


def _answer(line: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line.splitlines()[0])
    except (ValueError, IndexError):
        found = {"error": "it says nothing"}
    if "error" in found:
        raise CannotKnow(
            "the shadow's Postgres could not be started", code=Code.SHADOW, details=(str(found["error"]),)
        )
    return found


def _loader(program: Path) -> str:
    """The program interpreter that an ELF file names, or ``""``."""
    try:
        with program.open("rb") as file:
            head = file.read(64)
            if head[:6] != b"\x7fELF\x02\x01":
                return ""
            (offset,) = struct.unpack_from("<Q", head, 32)
            size, number = struct.unpack_from("<HH", head, 54)
            file.seek(offset)
            table = file.read(size * number)
            for at in range(0, size * number, size):
                (kind,) = struct.unpack_from("<I", table, at)
                if kind == 3:
                    start, _, _, length = struct.unpack_from("<QQQQ", table, at + 8)
                    file.seek(start)
                    return os.fsdecode(file.read(length).rstrip(b"\0"))
    except (OSError, struct.error):
        pass
    return ""
