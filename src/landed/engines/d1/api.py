"""The transport to Cloudflare's API: one request at a time, writes sent once, waits said aloud."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from landed import __version__
from landed.core.errors import ConfigError
from landed.core.patience import patiently
from landed.core.secrets import keep
from landed.engines.d1.api_errors import (
    Unreachable,
    Unsure,
    error_for,
    lost,
    no_answer,
    no_client,
    problems_of,
    proxies,
    too_large,
    too_often,
    unreachable,
)
from landed.engines.d1.api_text import forms, said
from landed.engines.d1.auth import Credentials

if TYPE_CHECKING:
    from landed.engines.d1.api_wire import Raw, Wire

BASE_URL = "https://api.cloudflare.com/client/v4"
READ_SECONDS = 60.0
"""How long a request may take from the first byte sent to the last one received: D1 itself stops a call after
30 s."""
_PAUSES = (0.3, 1.5)
"""Seconds before a read is asked again."""
_MOST_WAITS = 3
LONGEST_WAIT = 310.0
"""Seconds that are waited for one request, all its waits together: whoever exceeds the API's limit is shut
out for five minutes."""
_LONGEST_DATE = 64
_DONE = frozenset({200, 201, 202})

Notify = Callable[[str], None]


class _Answer(NamedTuple):
    """What came: the JSON body, or why there is none (``problem``)."""

    status: int
    headers: Mapping[str, str]
    body: Any
    problem: str = ""


class _TooMany(Exception):
    """A request was not processed (429); ``retry_after`` is the header of that name."""

    def __init__(self, retry_after: str | None) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


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
        self._wire: Wire | None = None
        self._secrets: dict[str, None] = {}
        self._host = _host(self.base_url)
        self.heard: Callable[[str, str, Any, int, Any], None] | None = None
        """Is told of every answer: method, path, what was sent, status, what came (JSON, or ``None``)."""

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

    def delete(self, path: str, *, what: str) -> Any:
        """The ``result`` of a DELETE: sent once. Raises Unsure where its outcome is not known."""
        return self._ask("DELETE", path, what)

    def form(self, url: str, fields: Mapping[str, str]) -> tuple[int, Any]:
        """Send a form without credentials to another server of Cloudflare's: status and JSON body."""
        for name, value in fields.items():
            if name.endswith("token"):
                self._keep(value)
        answer = self._send("POST", _trusted(url), {}, {"data": dict(fields)})
        return answer.status, answer.body

    def said(self, text: str, longest: int = 200) -> str:
        """A server's words, made fit for a message: on one line, cut, without what was sent as a secret."""
        return said(text, self._secrets, longest)

    def _keep(self, secret: str) -> None:
        """Whatever a server gives back of it is shown nowhere: in messages no part of it."""
        if secret not in self._secrets:
            self._secrets[secret] = None
            # Names of a database are shown in lower case.
            for spelling in dict.fromkeys((*forms(secret), secret.lower())):
                keep(spelling)

    def close(self) -> None:
        """Close the connection."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _again(self, ask: Callable[[], Any]) -> Any:
        def pause(error: Exception, tried: int) -> float | None:
            if not isinstance(error, Unsure | Unreachable) or not error.again or tried > len(_PAUSES):
                return None
            self._notify(f"{error.message} Asking again.")
            return _PAUSES[tried - 1]

        return patiently(ask, pause, sleep=self._sleep)

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

        def ask() -> Any:
            credentials = self._credentials()
            self._keep(credentials.secret)
            content: dict[str, Any] = {} if body is None else {"json": body}
            if parameters:
                content["params"] = dict(parameters)
            answer = self._send(method, self.base_url + path, credentials.headers(), content)
            if self.heard is not None:
                self.heard(method, path, body, answer.status, answer.body)
            if answer.status == 429:
                raise _TooMany(answer.headers.get("retry-after"))
            return self._result(answer, credentials, what)

        def pause(error: Exception, tried: int) -> float | None:
            if not isinstance(error, _TooMany):
                return None
            wait = _wait(error.retry_after, len(waits))
            if len(waits) == _MOST_WAITS or sum(waits) + wait > LONGEST_WAIT:
                raise too_often(waits, wait, LONGEST_WAIT) from None
            self._notify(f"Cloudflare asks to wait {wait:.0f} s (too many requests).")
            waits.append(wait)
            return wait

        return patiently(ask, pause, sleep=self._sleep)

    def _result(self, answer: _Answer, credentials: Credentials, what: str) -> Any:
        """What was asked for. An answer that contradicts itself is none."""
        body, status = answer.body, answer.status
        claims = isinstance(body, dict) and body.get("success") is True
        if claims and status in _DONE and not body.get("errors"):
            return body.get("result")
        problems = problems_of(body, self._secrets)
        named = isinstance(body, dict) and bool(body.get("errors"))
        if (claims and status < 400) or (status < 400 and not problems) or not (named or status == 413):
            raise no_answer(status, answer.problem and f": {answer.problem}")
        raise error_for(status, problems, credentials, what)

    def _send(self, method: str, url: str, headers: Mapping[str, str], content: dict[str, Any]) -> _Answer:
        """One request, within its bounds."""
        import httpx2

        from landed.engines.d1 import api_wire as wire

        client = self._open()
        self.requests += 1
        problem: Exception
        # Raised outside the handlers: httpx2's exceptions carry the request and with it the credentials.
        try:
            return _read(client.exchange(method, url, headers, content))
        except wire.TooLong:
            problem = too_large(wire.ANSWER_BYTES)
        except wire.TooSlow as late:
            problem = lost(self._late(begun=late.begun))
        except wire.Packed:
            problem = lost("it is packed in a way that cannot be unpacked")
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
            problem = unreachable(self._host, self._reason(error), proxies(os.environ))
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
            problem = ConfigError(f"the API's address {self.base_url} is not valid")
        except httpx2.TimeoutException:
            problem = lost(self._late(begun=False))
        except Exception as error:
            # What a server sends can have the library fail in ways that it does not name.
            problem = lost(f"the connection broke ({self._reason(error)})")
        raise problem

    def _late(self, *, begun: bool) -> str:
        what = "it was not complete" if begun else "none arrived"
        return f"{what} within {self._seconds:.0f} s"

    def _reason(self, error: Exception) -> str:
        # Never a header of the request: those are only in LocalProtocolError.
        name = type(error).__name__
        text = "" if name == "LocalProtocolError" else self.said(str(error)).rstrip(".")
        return text or name

    def _open(self) -> Wire:
        if self._wire is None:
            import httpx2

            from landed.engines.d1.api_wire import Wire

            try:
                self._wire = Wire(self._seconds, f"landed/{__version__}")
            except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
                # Proxies and certificates are those of the environment.
                raise no_client(error, os.environ) from None
            # Whoever forgets to close it leaves no open socket behind.
            weakref.finalize(self, self._wire.close)
        return self._wire


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


def _read(raw: Raw) -> _Answer:
    from landed.engines.d1.api_json import NotAnAnswer, read_answer

    try:
        return _Answer(raw.status, raw.headers, read_answer(raw.body))
    except NotAnAnswer as error:
        return _Answer(raw.status, raw.headers, None, str(error))


def _wait(header: str | None, asked: int) -> float:
    """Seconds to wait: ``retry-after`` as seconds or as a date; without it 5, 10, 20."""
    if header and len(header) <= _LONGEST_DATE:
        try:
            return max(1.0, float(header))
        except ValueError:
            from email.utils import parsedate_to_datetime

            try:
                return max(1.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
            except (TypeError, ValueError, OverflowError):
                pass
    return 5.0 * (1 << asked)
