"""Real PgBouncer in front of a throw-away server, and a stand-in that says what servers and poolers say."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from landed.engines.postgres.shadow.server.identity import server_identity
from landed.engines.postgres.shadow.server.servers import ShadowServer


def free_port() -> int:
    """A TCP port on this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing_pgbouncer() -> str | None:
    """Why PgBouncer is not there, or ``None``."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return None if found else "no PgBouncer here (Debian's package pgbouncer)"


@contextlib.contextmanager
def pgbouncer(
    server: ShadowServer, mode: str, *, password: str | None = None, **settings: str
) -> Iterator[int]:
    """A PgBouncer in front of ``server``; yields its port on 127.0.0.1.

    With ``password`` it asks everybody for it (SCRAM, user ``me``); without, it lets everybody in.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert program is not None
    identity = server_identity()
    folder = Path(tempfile.mkdtemp(prefix="lb", dir="/tmp"))
    port = free_port()
    own = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256" if password else "any",
        "auth_file": str(folder / "users"),
        "pool_mode": mode,
        "default_pool_size": "5",
        "logfile": str(folder / "log"),
        "query_wait_timeout": "30",
        **settings,
    }
    text = f"[databases]\n* = host={server.host} port={server.port} user={server.superuser}\n[pgbouncer]\n"
    (folder / "ini").write_text(text + "".join(f"{key} = {value}\n" for key, value in own.items()))
    quoted = (password or "").replace('"', '""')
    (folder / "users").write_text(f'"me" "{quoted}"\n')
    for path in (folder, *folder.iterdir()):
        identity.own(path)
    process = subprocess.Popen(
        [program, str(folder / "ini")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # what its log says, too; a pipe that nobody empties would stop it
        **identity.options(),
    )
    try:
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pooled(pg_server: Callable[..., ShadowServer]) -> Iterator[Callable[..., int]]:
    """A factory: ``pooled("transaction")`` is the port of a PgBouncer in front of the embedded server.

    Without PgBouncer a test fails where CI is set, and is skipped elsewhere.
    """
    with contextlib.ExitStack() as running:

        def start(mode: str, **settings: Any) -> int:
            missing = missing_pgbouncer()
            if missing:
                (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
            return running.enter_context(pgbouncer(pg_server(18), mode, **settings))

        yield start


class Sayer:
    """Listens on 127.0.0.1 and answers every login with one thing; counts what it was asked.

    ``says`` is the server's error message (sent as it is after the user's name is known), or bytes.
    ``asks_password`` makes it ask for a password in clear first, and keep it in ``passwords``.
    """

    def __init__(self, says: str | bytes, *, code: str = "28P01", asks_password: bool = False) -> None:
        self.logins: list[dict[str, str]] = []
        self.passwords: list[str] = []
        self.tls_requests = 0
        self._says = says if isinstance(says, bytes) else _error(says, code)
        self._asks = asks_password
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError, struct.error):
                client.settimeout(10)
                self._answer(client)

    def _answer(self, client: socket.socket) -> None:
        while True:
            size, version = struct.unpack("!ii", _take(client, 8))
            if version == 80877103:
                self.tls_requests += 1
                client.sendall(b"N")
                continue
            words = _take(client, size - 8).split(b"\0")
            self.logins.append(
                {k.decode(): v.decode() for k, v in zip(words[::2], words[1::2], strict=False) if k}
            )
            break
        if self._asks:
            client.sendall(b"R" + struct.pack("!ii", 8, 3))
            _, length = struct.unpack("!ci", _take(client, 5))
            self.passwords.append(_take(client, length - 4).rstrip(b"\0").decode())
        client.sendall(self._says)


def _take(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise OSError("the client went away")
        data += more
    return data


def _error(message: str, code: str) -> bytes:
    parts: Sequence[bytes] = (b"SFATAL", b"VFATAL", b"C" + code.encode(), b"M" + message.encode())
    body = b"".join(part + b"\0" for part in parts) + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


@pytest.fixture
def says() -> Iterator[Callable[..., Sayer]]:
    """A factory of :class:`Sayer`, closed at the end of the test."""
    with contextlib.ExitStack() as running:

        def make(text: str | bytes, **options: Any) -> Sayer:
            sayer = Sayer(text, **options)
            running.callback(sayer.close)
            return sayer

        yield make
