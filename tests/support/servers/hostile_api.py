"""A server in the place of Cloudflare's API that answers byte by byte what a test wants, over a healthy one.

What is not attacked is answered by :class:`d1_wire.Wire`: a database under D1's rules.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from support.servers.d1_wire import Asked, Wire

Bytes = Iterable[bytes]
Attack = Callable[[Asked, "Hostile"], Bytes]
"""What is sent instead of an answer, piece by piece, until the client closes the connection."""


class Hostile:
    """The server; ``attack`` is what it does to the requests that ``aims_at`` picks (all of them)."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.attack: Attack | None = None
        self.aims_at: Callable[[Asked], bool] = lambda asked: True
        self.asked: list[Asked] = []
        self.sent = 0
        self.closing = threading.Event()

    def __enter__(self) -> Self:
        self.wire.__enter__()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        # Whoever waits for a connection is not woken by a close.
        with contextlib.suppress(OSError):
            socket.create_connection(self._socket.getsockname()).close()
        self._thread.join()
        self._socket.close()
        self.wire.__exit__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/client/v4"

    def healthy(self) -> None:
        """Attack nobody, and forget what was asked."""
        self.attack = None
        self.aims_at = lambda asked: True
        self.asked = []
        self.sent = 0

    def honest(self, asked: Asked) -> Any:
        """The result that a healthy server gives."""
        return json.loads(self.wire.answer(asked)[2])["result"]

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self.closing.is_set():
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            connection.settimeout(60)
            while (asked := _request(stream)) is not None:
                self.asked.append(asked)
                if self.attack is None or not self.aims_at(asked):
                    status, headers, body = self.wire.answer(asked)
                    connection.sendall(http(body, *(f"{k}: {v}" for k, v in headers.items()), status=status))
                    continue
                for piece in self.attack(asked, self):
                    connection.sendall(piece)
                    self.sent += len(piece)
                    if self.closing.is_set():
                        break
                return


def _request(stream: Any) -> Asked | None:
    line = stream.readline().decode()
    if not line.strip():
        return None
    method, target, _ = line.split()
    headers: dict[str, str] = {}
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raw = stream.read(int(headers.get("content-length") or 0))
    url = urlsplit(target)
    body = json.loads(raw) if raw and "json" in headers.get("content-type", "") else raw.decode()
    query = {k: v[-1] for k, v in parse_qs(url.query).items()}
    return Asked(method, url.path.removeprefix("/client/v4"), query, headers, body)


def http(body: bytes, *headers: str, status: int = 200, length: bool = True) -> bytes:
    """An answer, whole."""
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json", *headers]
    if length and not any(h.lower().startswith("content-length") for h in headers):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def envelope(result: Any, **more: Any) -> bytes:
    """The JSON that the API puts around a result."""
    return json.dumps({"result": result, "success": True, "errors": [], "messages": [], **more}).encode()


def problem(message: str, code: int = 7500, status: int = 400) -> bytes:
    """A refusal with this text."""
    body = {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}
    return http(json.dumps(body).encode(), status=status)


def for_ever(piece: bytes) -> Iterator[bytes]:
    """The same again and again."""
    while True:
        yield piece
