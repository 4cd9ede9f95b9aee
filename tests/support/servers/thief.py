"""A server that says it is Postgres, asks for a login as it likes, and writes down what it is sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import Self

ASKS = {
    "cleartext": struct.pack("!I", 3),
    "md5": struct.pack("!I", 5) + b"salt",
    "gss": struct.pack("!I", 7),
    "sspi": struct.pack("!I", 9),
    "scram": struct.pack("!I", 10) + b"SCRAM-SHA-256\0\0",
    "nothing": struct.pack("!I", 0),
}
_SSL, _GSS = 80877103, 80877104


class Thief:
    """Listens on loopback, and on a socket in ``folder`` where one is given; a context manager.

    ``heard`` is every byte after the start-up packet, ``started`` the start-up packets, ``certificates`` the
    subjects of client certificates. ``tls`` is a context; without one TLS is declined.
    """

    def __init__(
        self, asks: str = "cleartext", folder: Path | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.asks, self.tls = asks, tls
        self.started: list[bytes] = []
        self.heard: list[bytes] = []
        self.certificates: list[object] = []
        self._listeners = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._listeners[0].getsockname()[1]
        if folder is not None:
            other = socket.socket(socket.AF_UNIX)
            other.bind(str(folder / f".s.PGSQL.{self.port}"))
            other.listen()
            self._listeners.append(other)
        self._threads = [threading.Thread(target=self._serve, args=(each,)) for each in self._listeners]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join()

    @property
    def passwords(self) -> list[bytes]:
        """What came in answer to the question for a login."""
        return [heard for heard in self.heard if heard[:1] == b"p"]

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.settimeout(10)
            with contextlib.suppress(OSError, struct.error, ssl.SSLError), client:
                self._speak(client)

    def _speak(self, client: socket.socket) -> None:
        while True:
            packet = _packet(client)
            (code,) = struct.unpack("!I", packet[:4])
            if code == _SSL and self.tls is not None:
                client.sendall(b"S")
                with self.tls.wrap_socket(client, server_side=True) as wrapped:
                    if certificate := wrapped.getpeercert():
                        self.certificates.append(certificate)
                    self._ask(wrapped, _packet(wrapped))
                return
            if code not in (_SSL, _GSS):
                self._ask(client, packet)
                client.shutdown(socket.SHUT_WR)
                return
            client.sendall(b"N")

    def _ask(self, client: socket.socket, packet: bytes) -> None:
        self.started.append(packet)
        question = ASKS[self.asks]
        client.sendall(b"R" + struct.pack("!I", len(question) + 4) + question)
        heard = client.recv(65536)
        if heard:
            self.heard.append(heard)
        # As a hostile server would, it says what it was told.
        text = b"SFATAL\0C28P01\0Mpassword authentication failed: " + heard.replace(b"\0", b" ") + b"\0\0"
        client.sendall(b"E" + struct.pack("!I", len(text) + 4) + text)


def _packet(client: socket.socket) -> bytes:
    """One start-up packet, without its length."""

    def exactly(size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = client.recv(size - len(found))
            if not more:
                raise OSError("closed")
            found += more
        return found

    (length,) = struct.unpack("!I", exactly(4))
    return exactly(length - 4)
