"""A TCP proxy in front of a Postgres server that counts round trips, delays them, and cuts where it is told.

It understands the protocol (version 3, no TLS) as far as is needed to know where messages begin and which SQL
they carry, so that a cut is at a statement and not at a moment::

    with TcpProxy.before(server) as proxy:          # a ShadowServer, whose socket it connects to
        dsn = Dsn("127.0.0.1", proxy.port, "postgres", database)
        proxy.delay = 0.05                          # seconds for a round trip, half of it in each direction
        before = proxy.count()
        …
        assert (proxy.count() - before).round_trips <= 2

        proxy.cut("COMMIT", when="before")          # once: the server never gets it
        proxy.cut("COMMIT", when="after")           # once: the server has done it, the client never hears
        proxy.cut("COMMIT", when="swallowed")       # once: the client is cut off, the server waits on
        proxy.refuse = True                         # nobody gets in again, until it is False
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from landed.engines.postgres.shadow.server.servers import ShadowServer

When = Literal["before", "after", "swallowed"]

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102


@dataclass(frozen=True)
class Count:
    """What went through, logins left out.

    ``round_trips``: how often the server said that it was ready for more (ReadyForQuery), which is how often
    a client with one pipeline at a time waits. ``turns``: how often the client spoke after the server had.
    ``statements``: SQL texts that were sent.
    """

    connections: int = 0
    round_trips: int = 0
    turns: int = 0
    statements: int = 0

    def __sub__(self, other: Count) -> Count:
        return Count(
            self.connections - other.connections,
            self.round_trips - other.round_trips,
            self.turns - other.turns,
            self.statements - other.statements,
        )


class TcpProxy:
    """Listens on 127.0.0.1 (``port``) and connects everybody to one server. A context manager."""

    def __init__(self, upstream: tuple[str, int] | str) -> None:
        """``upstream`` is ``(host, port)`` or the path of a Unix socket."""
        self.delay = 0.0
        self.refuse = False
        self.cuts = 0
        """How many cuts have happened."""
        self.failures: list[BaseException] = []
        """What went wrong in the proxy itself, or in what it was told to do."""
        self.log: list[str] = []
        """The SQL texts in the order in which they came."""
        self.told: list[tuple[int, str]] = []
        """The same, each with a number for its connection."""
        self._upstream = upstream
        self._fault: tuple[re.Pattern[str], When, int] | None = None
        self._lock = threading.Lock()
        self._count = Count()
        self._lines: list[_Line] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @classmethod
    @contextlib.contextmanager
    def before(cls, server: ShadowServer) -> Iterator[TcpProxy]:
        """A proxy in front of a throw-away server."""
        with cls(f"{server.host}/.s.PGSQL.{server.port}") as proxy:
            yield proxy

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        # shutdown wakes the thread that waits in accept(); close alone does not.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)
        self.cut_all()

    def count(self) -> Count:
        """What went through so far."""
        with self._lock:
            return self._count

    def cut(self, statement: str, when: When, *, nth: int = 1) -> None:
        """Cut the connection at the ``nth`` SQL text that matches a regular expression as a whole. Once.

        ``before``: the server does not get it, and both sides are cut. ``after``: the server has done
        everything up to its being ready again; its answer is dropped and both sides are cut. ``swallowed``:
        the server does not get it, the client is cut off, and the server's session goes on waiting until
        :meth:`cut_all`.
        """
        self._fault = (re.compile(statement, re.IGNORECASE | re.DOTALL), when, nth)

    def cut_all(self) -> None:
        """Cut every connection that is open now, on both sides."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            line.end()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            line = _Line(self, client, server)
            with self._lock:
                self._lines.append(line)
                self._count = _plus(self._count, connections=1)
            line.start()

    def _connect(self) -> socket.socket:
        if isinstance(self._upstream, str):
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._upstream)
            except OSError:
                server.close()
                raise
            return server
        return socket.create_connection(self._upstream)

    def _add(self, *, round_trips: int = 0, turns: int = 0) -> None:
        with self._lock:
            self._count = _plus(self._count, round_trips=round_trips, turns=turns)

    def _sql(self, text: str) -> When | None:
        """Take note of a statement; says whether it is the one to cut at."""
        with self._lock:
            self.log.append(text)
            self._count = _plus(self._count, statements=1)
            if self._fault is None:
                return None
            pattern, when, nth = self._fault
            if pattern.fullmatch(text.strip().rstrip(";").strip()) is None:
                return None
            self._fault = (pattern, when, nth - 1) if nth > 1 else None
            if nth > 1:
                return None
            self.cuts += 1
            return when


def _plus(count: Count, **more: int) -> Count:
    return Count(**{name: getattr(count, name) + more.get(name, 0) for name in Count.__dataclass_fields__})


_NOTHING: tuple[float, bytes] = (0.0, b"")
"""Nothing has come yet."""


class _Line:
    """One client and its connection to the server; what one side says is on its way for half of the delay."""

    def __init__(self, proxy: TcpProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._logged_in = False
        self._server_spoke = False
        self._dropping = False
        for end in (client, server):
            if end.family != socket.AF_UNIX:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self) -> None:
        for source, work in ((self._client, self._from_client), (self._server, self._from_server)):
            onward: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
            target = self._server if source is self._client else self._client
            threading.Thread(target=self._forward, args=(target, onward), daemon=True).start()
            threading.Thread(target=self._run, args=(work, onward), daemon=True).start()

    def end(self) -> None:
        self._end(self._client)
        self._end(self._server)

    def _run(self, work: object, onward: queue.SimpleQueue[tuple[float, bytes] | None]) -> None:
        try:
            with contextlib.suppress(OSError, _Closed):
                work(onward)  # type: ignore[operator]
        except BaseException as problem:
            # Nobody is left waiting for an answer, and whoever looks finds out why.
            self._proxy.failures.append(problem)
            self.end()
        finally:
            onward.put(None)

    def _forward(self, target: socket.socket, onward: queue.SimpleQueue[tuple[float, bytes] | None]) -> None:
        with contextlib.suppress(OSError):
            item = onward.get()
            while item is not None:
                due, data = item
                time.sleep(max(0.0, due - time.monotonic()))
                item = onward.get() if not onward.empty() else _NOTHING
                while item is not None and item[1] and item[0] <= time.monotonic():
                    # What came together goes on together: each packet would wake the other side.
                    data += item[1]
                    item = onward.get() if not onward.empty() else _NOTHING
                target.sendall(data)
                if item is _NOTHING:
                    item = onward.get()
        if not self._dropping:
            self._end(target)

    def _from_client(self, onward: queue.SimpleQueue[tuple[float, bytes] | None]) -> None:
        stream = _Stream(self._client)
        while True:  # startup packets have no type
            packet = stream.take(4)
            (length,) = struct.unpack("!i", packet)
            packet += stream.take(length - 4)
            onward.put((self._due(), packet))
            (code,) = struct.unpack("!i", packet[4:8])
            if code not in (_SSL, _GSS):
                break
        while True:
            head = stream.take(5)
            (length,) = struct.unpack("!i", head[1:])
            message = head + stream.take(length - 4)
            if self._logged_in and self._server_spoke:
                self._server_spoke = False
                self._proxy._add(turns=1)
            if message[:1] in b"PQ":
                self._proxy.told.append((id(self), _text(message)))
            when = self._proxy._sql(_text(message)) if message[:1] in b"PQ" else None
            if when == "before":
                self.end()
                raise _Closed
            if when == "swallowed":
                self._dropping = True
                self._end(self._client)
                raise _Closed
            if when == "after":
                self._dropping = True
            onward.put((self._due(), message))

    def _from_server(self, onward: queue.SimpleQueue[tuple[float, bytes] | None]) -> None:
        stream = _Stream(self._server)
        first = stream.take(1)
        if first in (b"N", b"S", b"G") and not self._logged_in:
            # The answer to a request for TLS: one byte. "S" or "G" would hide the rest.
            assert first == b"N", "the proxy does not understand TLS"
            onward.put((self._due(), first))
            first = b""
        while True:
            head = first + stream.take(5 - len(first))
            first = b""
            (length,) = struct.unpack("!i", head[1:])
            message = head + stream.take(length - 4)
            if self._logged_in:
                self._server_spoke = True
            ready = head[:1] == b"Z"
            if ready and self._logged_in:
                self._proxy._add(round_trips=1)
            self._logged_in = self._logged_in or ready
            if self._dropping:
                if ready:
                    self.end()
                    raise _Closed
                continue
            onward.put((self._due(), message))

    def _due(self) -> float:
        return time.monotonic() + self._proxy.delay / 2

    @staticmethod
    def _end(which: socket.socket) -> None:
        # shutdown wakes the thread that waits in recv(); close alone does not.
        with contextlib.suppress(OSError):
            which.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            which.close()


class _Closed(Exception):
    """The other side has gone."""


class _Stream:
    """Exactly so many bytes of a socket."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._held = b""

    def take(self, size: int) -> bytes:
        while len(self._held) < size:
            data = self._source.recv(65536)
            if not data:
                raise _Closed
            self._held += data
        taken, self._held = self._held[:size], self._held[size:]
        return taken


def _text(message: bytes) -> str:
    """The SQL in a Query or Parse message."""
    body = message[5:]
    if message[:1] == b"P":
        body = body[body.index(b"\0") + 1 :]
    return body[: body.index(b"\0")].decode(errors="replace")
