"""Canaries for the escape suite: a mark that nothing may leave, listeners that nothing may reach.

An attack tries to write below :attr:`Canary.folder` (everybody may write there, so that only landed's walls
keep a server that runs as another user out of it), to read :attr:`Canary.secret`, or to reach one of the
loopback listeners. :meth:`Canary.untouched` holds after every attack, whatever landed said of it.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Canary:
    """One world's canaries; a context manager."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="canary"))
        self.folder.chmod(0o777)
        self.secret = f"canary-{secrets.token_hex(8)}"
        """What a file outside of every project holds; no output may."""
        self.secret_file = self.folder / "secret.txt"
        self.secret_file.write_text(self.secret, encoding="utf-8")
        self.secret_file.chmod(0o644)
        self._tcp = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self.unix = self.folder / ".s.PGSQL.5432"
        self._unix.bind(str(self.unix))
        self.unix.chmod(0o777)
        self._unix.listen(64)
        self.tcp_port: int = self._tcp.getsockname()[1]
        self.udp_port: int = self._udp.getsockname()[1]
        self._known = {self.secret_file.name, self.unix.name}
        self._more: list[socket.socket] = []

    @property
    def mark(self) -> Path:
        """The file that an attack tries to make."""
        return self.folder / "mark"

    def also(self, listener: socket.socket) -> None:
        """One more that nobody may reach; its maker closes it."""
        self._more.append(listener)

    def __enter__(self) -> Canary:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._tcp, self._udp, self._unix):
            each.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def untouched(self, *outputs: str) -> None:
        """Nothing was left, nobody was reached, and no output holds the secret."""
        left = sorted(p.name for p in self.folder.iterdir() if p.name not in self._known)
        assert not left, f"left behind: {left}"
        assert self.secret_file.read_text(encoding="utf-8") == self.secret, "the file was changed"
        names = {self._tcp: "tcp", self._udp: "udp", self._unix: "unix"}
        reached = select.select([*names, *self._more], [], [], 0)[0]
        assert not reached, f"reached: {[names.get(each, 'another') for each in reached]}"
        for output in outputs:
            assert self.secret not in output, "the secret was shown"


@contextlib.contextmanager
def canary() -> Iterator[Canary]:
    """A canary for one test, or for a module of them: what an attack leaves fails the test that finds it."""
    with Canary() as made:
        yield made
