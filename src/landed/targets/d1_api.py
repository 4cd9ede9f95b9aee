"""The transport to Cloudflare's API: one request at a time, writes sent once, waits said aloud."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from landed import __version__
from landed.core.errors import ConfigError
from landed.targets.d1_api_errors import (
    Unreachable,
    Unsure,
    error_for,
    lost,
    problems_of,
    too_often,
    unreachable,
)
from landed.targets.d1_auth import Credentials

if TYPE_CHECKING:
    import httpx

BASE_URL = "https://api.cloudflare.com/client/v4"
READ_SECONDS = 60.0
"""How long an answer may take: D1 itself stops a call after 30 s."""
CONNECT_SECONDS = 10.0
_PAUSES = (0.3, 1.5)
"""Seconds before a read is asked again."""
_MOST_WAITS = 3
_LONGEST_WAIT = 310.0
"""Whoever exceeds the API's limit is shut out for five minutes."""

Notify = Callable[[str], None]


class Api:
    """Requests to one account's API. Reads are asked again when they fail; writes never are.

    A 429 was not processed, so it is waited out and asked again, for writes too. ``requests`` counts
    what was sent. ``renew`` gives fresh credentials, where they can expire. Secrets are in no error,
    nor in the chain of one.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Callable[[], Credentials],
        *,
        notify: Notify | None = None,
        seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.requests = 0
        self._credentials = credentials
        self._notify = notify or (lambda text: None)
        self._seconds = seconds
        self._sleep = sleep
        self._client: httpx.Client | None = None
        self._host = _host(self.base_url)

    @property
    def credentials(self) -> Credentials:
        """What requests are authorised with at this moment."""
        return self._credentials()

    def get(self, path: str, parameters: Mapping[str, str] | None = None, *, what: str) -> Any:
        """The ``result`` of a GET. ``what`` names in words what is asked for, for errors.

        Raises the errors of ``d1_api_errors``, all of them CannotKnow.
        """
        return self._again(lambda: self._ask("GET", path, what, parameters=parameters))

    def read(self, path: str, body: Any, *, what: str) -> Any:
        """The ``result`` of a POST that only reads, so that it may be asked again."""
        return self._again(lambda: self._ask("POST", path, what, body=body))

    def write(
        self, path: str, body: Any = None, *, what: str, parameters: Mapping[str, str] | None = None
    ) -> Any:
        """The ``result`` of a POST that writes: sent once. Raises Unsure where its outcome is not known."""
        return self._ask("POST", path, what, body=body, parameters=parameters)

    def form(self, url: str, fields: Mapping[str, str]) -> tuple[int, Any]:
        """Send a form without credentials to another server of Cloudflare's: status and JSON body."""
        status, _, body = self._send("POST", _trusted(url), {}, {"data": dict(fields)})
        return status, body

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _again(self, ask: Callable[[], Any]) -> Any:
        for pause in _PAUSES:
            try:
                return ask()
            except (Unsure, Unreachable) as error:
                self._notify(f"{error.message} Asking again.")
            self._sleep(pause)
        return ask()

    def _ask(
        self,
        method: str,
        path: str,
        what: str,
        *,
        body: Any = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Any:
        waits: list[float] = []
        while True:
            credentials = self._credentials()
            content: dict[str, Any] = {} if body is None else {"json": body}
            if parameters:
                content["params"] = dict(parameters)
            status, headers, answer = self._send(method, self.base_url + path, credentials.headers(), content)
            if status == 429:
                wait = _wait(headers.get("retry-after"), len(waits))
                if len(waits) == _MOST_WAITS or wait > _LONGEST_WAIT:
                    raise too_often(waits)
                self._notify(f"Cloudflare asks to wait {wait:.0f} s (too many requests).")
                waits.append(wait)
                self._sleep(wait)
                continue
            if status < 400 and isinstance(answer, dict) and answer.get("success") is True:
                return answer.get("result")
            if status < 400 and not problems_of(answer):
                raise lost(f"what arrived is no answer of the API (HTTP {status})")
            raise error_for(status, problems_of(answer), credentials, what)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], Any]:
        """One request: status, headers and JSON body (``None`` if it is none)."""
        import httpx

        client = self._open()
        self.requests += 1
        problem: Exception
        # Raised outside the handlers: httpx's exceptions carry the request and with it the credentials.
        try:
            response = client.request(method, url, headers=dict(headers), **content)
            return response.status_code, response.headers, _json(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            problem = unreachable(self._host, _reason(error))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            problem = ConfigError(f"the API's address {self.base_url} is not valid")
        except httpx.TimeoutException:
            problem = lost(f"none arrived within {self._seconds:.0f} s")
        except httpx.HTTPError as error:
            problem = lost(f"the connection broke ({_reason(error)})")
        raise problem

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            timeout = httpx.Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds))
            agent = {"User-Agent": f"landed/{__version__}"}
            self._client = httpx.Client(timeout=timeout, headers=agent, follow_redirects=False)
            # Whoever forgets to close it leaves no open socket behind.
            weakref.finalize(self, self._client.close)
        return self._client


def api_url(url: str) -> str:
    """A base URL that credentials may be sent to. Raises ConfigError for one without TLS."""
    return _trusted(url).rstrip("/")


def _trusted(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    else:
        local = host in ("localhost", "127.0.0.1", "::1")
        if host and (parts.scheme == "https" or (parts.scheme == "http" and local)) and not parts.username:
            return url
    raise ConfigError(
        f"credentials are only sent over https://, and not to {host or 'this address'}",
        next="correct CLOUDFLARE_API_BASE_URL, or unset it",
    )


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or url


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, UnicodeDecodeError):
        return None


def _reason(error: Exception) -> str:
    # The first line is enough, and never a header: those are only in LocalProtocolError.
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return type(error).__name__ if type(error).__name__ == "LocalProtocolError" else text.rstrip(".")


def _wait(header: str | None, asked: int) -> float:
    """Seconds to wait: ``retry-after`` as seconds or as a date; without it 5, 10, 20."""
    if header:
        try:
            return max(1.0, float(header))
        except ValueError:
            from email.utils import parsedate_to_datetime

            try:
                return max(1.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
            except (TypeError, ValueError):
                pass
    return 5.0 * (1 << asked)
