"""One exchange with a server that is not trusted: its time, its bytes and its packing have bounds.

The HTTP library's time-outs count from byte to byte, and it unpacks whatever it is sent. Here a clock runs
over the whole exchange, what comes is counted as it arrives, and an answer is unpacked only as far as it may
be long.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple

import httpcore2
import httpx2

ANSWER_BYTES = 32_000_000
"""How long an answer may be, unpacked; packed and with what frames it, twice as long."""
HEAD_BYTES = 300_000
"""How much may come before an answer's body: status lines and headers, those of provisional answers, too."""
CONNECT_SECONDS = 10.0
_PIECE = 1 << 14


class TooLong(Exception):
    """The server sends more than it may."""


class TooSlow(Exception):
    """The clock ran out. ``begun`` says whether anything had come."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__()
        self.begun = begun


class Packed(Exception):
    """The body is packed in a way that was not asked for, or cannot be unpacked."""


class Raw(NamedTuple):
    """What came: status, headers and the body, unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A client for one exchange at a time; no redirect is followed, and no cookie is kept."""

    def __init__(self, seconds: float, agent: str) -> None:
        self._seconds = seconds
        self._watch = _Watch()
        timeout = httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        headers = {"User-Agent": agent, "Accept-Encoding": "gzip"}
        self._client = httpx2.Client(timeout=timeout, headers=headers, follow_redirects=False)
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # The one way to the socket of a client that keeps to the proxies and certificates of the environment.
        transports: list[Any] = [self._client._transport, *self._client._mounts.values()]
        for transport in transports:
            if transport is not None:
                pool = transport._pool
                pool._network_backend = _Backend(pool._network_backend, self._watch)

    def exchange(self, method: str, url: str, headers: Mapping[str, str], content: Mapping[str, Any]) -> Raw:
        """One request and its answer. Raises TooLong, TooSlow, Packed and what httpx2 raises."""
        request = self._client.build_request(method, url, headers=dict(headers), **content)
        self._watch.begin(self._seconds)
        response = self._client.send(request, stream=True)
        try:
            self._watch.left = 2 * ANSWER_BYTES
            return Raw(response.status_code, response.headers, self._body(response))
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _body(self, response: httpx2.Response) -> bytes:
        packing = response.headers.get("content-encoding", "").strip().lower()
        if packing not in ("", "identity", "gzip", "x-gzip"):
            raise Packed
        unpack = zlib.decompressobj(wbits=31) if packing.endswith("gzip") else None
        return _collected(response.iter_raw(), unpack, self._watch)


def _collected(pieces: Iterable[bytes], unpack: zlib._Decompress | None, watch: _Watch) -> bytes:
    body = bytearray()
    for piece in pieces:
        watch.remaining(None)
        if unpack is not None:
            try:
                # One byte more than may be, so that what is too long shows.
                piece = unpack.decompress(piece, ANSWER_BYTES + 1 - len(body))
            except zlib.error:
                raise Packed from None
            if unpack.unused_data:
                raise Packed
        body += piece
        if len(body) > ANSWER_BYTES:
            raise TooLong
    if unpack is not None and body and not unpack.eof:
        raise Packed
    return bytes(body)


class _Watch:
    """The clock and the counter of one exchange."""

    def __init__(self) -> None:
        self.until = 0.0
        self.left = 0
        self.begun = False

    def begin(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.left = HEAD_BYTES
        self.begun = False

    def remaining(self, timeout: float | None) -> float:
        """The seconds that the next step may take. Raises TooSlow."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooSlow(begun=self.begun)
        return left if timeout is None else min(left, timeout)

    def count(self, size: int) -> None:
        """Take note of bytes that came. Raises TooLong."""
        self.begun = self.begun or size > 0
        self.left -= size
        if self.left < 0:
            raise TooLong


class _Backend(httpcore2.NetworkBackend):
    """Connections under the watch."""

    def __init__(self, inner: httpcore2.NetworkBackend, watch: _Watch) -> None:
        self._inner = inner
        self._watch = watch

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        timeout = self._watch.remaining(timeout)
        stream = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._watch)


class _Stream(httpcore2.NetworkStream):
    """A connection under the watch: each step gets what is left of the exchange's time."""

    def __init__(self, inner: httpcore2.NetworkStream, watch: _Watch) -> None:
        self._inner = inner
        self._watch = watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            found = self._inner.read(max_bytes, self._watch.remaining(timeout))
        except httpcore2.ReadTimeout:
            raise TooSlow(begun=self._watch.begun) from None
        self._watch.count(len(found))
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, so that a server that takes one byte at a time cannot hold it for long.
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], self._watch.remaining(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        timeout = self._watch.remaining(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
