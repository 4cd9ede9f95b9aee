"""The transport: writes once, reads again, waits aloud, and errors that say what to do and no secret."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from landed.core.errors import CannotKnow, ConfigError, LandedError
from landed.engines.d1.api import api_url
from landed.engines.d1.api_errors import Gone, Problem, Refused, SqlFailed, Unreachable, Unsure, error_for
from landed.engines.d1.auth import Credentials
from support.servers.d1_wire import ACCOUNT, SECRET, UUID, Wire, drop, drop_after, garbled_after, refuse

PATH = f"/accounts/{ACCOUNT}/d1/database/{UUID}/query"
ONE = {"batch": [{"sql": "SELECT 1 AS one"}]}
WRITE = {"batch": [{"sql": "CREATE TABLE t (a)"}]}


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running


def told(error: BaseException) -> str:
    """Everything that could ever be shown of an error: fields, causes, contexts, the whole traceback."""
    texts = ["".join(traceback.format_exception(error))]
    seen: BaseException | None = error
    while seen is not None:
        texts += [repr(seen), str(seen), repr(getattr(seen, "__dict__", ""))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


class TestHappy:
    def test_an_answer(self, wire: Wire) -> None:
        assert wire.api().read(PATH, ONE, what="it")[0]["results"] == [{"one": 1}]
        headers = wire.asked[0].headers
        assert headers["authorization"] == f"Bearer {SECRET}"
        assert headers["user-agent"].startswith("landed/")

    def test_one_connection_serves_all(self, wire: Wire) -> None:
        api = wire.api()
        for _ in range(3):
            api.read(PATH, ONE, what="it")
        assert api.requests == 3


class TestReads:
    @pytest.mark.parametrize("fault", [drop, drop_after, garbled_after, refuse(502, 0, "bad gateway")])
    def test_are_asked_again(self, wire: Wire, fault: Any) -> None:
        said: list[str] = []
        wire.faults = {1: fault, 2: fault}
        assert wire.api(notify=said.append).read(PATH, ONE, what="it")[0]["results"] == [{"one": 1}]
        assert len(wire.asked) == 3
        assert [line.endswith("Asking again.") for line in said] == [True, True]

    def test_but_not_for_ever(self, wire: Wire) -> None:
        wire.faults = dict.fromkeys(range(1, 9), drop)
        with pytest.raises(Unsure):
            wire.api().read(PATH, ONE, what="it")
        assert len(wire.asked) == 3

    def test_nor_after_a_plain_refusal(self, wire: Wire) -> None:
        wire.faults = {1: refuse(403, 10000, "Authentication error")}
        with pytest.raises(Refused):
            wire.api().read(PATH, ONE, what="it")
        assert len(wire.asked) == 1


class TestWrites:
    @pytest.mark.parametrize(
        "fault", [drop, drop_after, garbled_after, refuse(500, 10001, "Internal error"), refuse(502, 0, "")]
    )
    def test_are_sent_once_and_their_outcome_is_unknown(self, wire: Wire, fault: Any) -> None:
        wire.faults = {1: fault}
        with pytest.raises(Unsure):
            wire.api().write(PATH, WRITE, what="it")
        assert len(wire.asked) == 1

    def test_an_error_of_the_platform_under_the_code_of_sql(self, wire: Wire) -> None:
        wire.faults = {
            1: refuse(500, 7500, "D1 DB storage operation exceeded timeout which caused object to be reset.")
        }
        with pytest.raises(Unsure):
            wire.api().write(PATH, WRITE, what="it")

    def test_sql_that_is_wrong(self, wire: Wire) -> None:
        with pytest.raises(SqlFailed) as raised:
            wire.api().write(PATH, {"batch": [{"sql": "SELECT nope"}]}, what="it")
        assert raised.value.reason == "no such column: nope: SQLITE_ERROR"

    def test_no_answer_in_time(self, wire: Wire) -> None:
        import threading

        held = threading.Event()

        def hang(wire: Wire, asked: Any) -> None:
            held.wait(20)

        wire.faults = {1: hang}
        try:
            with pytest.raises(Unsure, match="none arrived within"):
                wire.api(seconds=0.2).write(PATH, WRITE, what="it")
        finally:
            held.set()


class TestWaiting:
    def test_429_is_waited_out_aloud_for_writes_too(self, wire: Wire) -> None:
        said: list[str] = []
        slept: list[float] = []
        wire.faults = {1: refuse(429, 971, "slow down", retry_after="12")}
        api = wire.api(notify=said.append, sleep=slept.append)
        api.write(PATH, WRITE, what="it")
        assert said == ["Cloudflare asks to wait 12 s (too many requests)."]
        assert slept == [12.0]
        assert wire.execute("SELECT name FROM sqlite_master") == [("t",)]

    def test_without_a_header_the_waits_grow(self, wire: Wire) -> None:
        slept: list[float] = []
        wire.faults = {1: refuse(429, 971, ""), 2: refuse(429, 971, "")}
        wire.api(sleep=slept.append).read(PATH, ONE, what="it")
        assert slept == [5.0, 10.0]

    def test_it_ends(self, wire: Wire) -> None:
        wire.faults = dict.fromkeys(range(1, 9), refuse(429, 971, "", retry_after="1"))
        with pytest.raises(Refused, match="still does after 3 s"):
            wire.api().write(PATH, WRITE, what="it")
        assert len(wire.asked) == 4

    def test_nobody_waits_for_an_hour(self, wire: Wire) -> None:
        wire.faults = {1: refuse(429, 971, "", retry_after="3600")}
        with pytest.raises(Refused):
            wire.api(sleep=lambda s: pytest.fail("slept")).read(PATH, ONE, what="it")


KEY = Credentials("key", "environment CLOUDFLARE_API_KEY and environment CLOUDFLARE_EMAIL", SECRET, "me@x.y")
TOKEN = Credentials("token", "environment CLOUDFLARE_API_TOKEN", SECRET)
LOGIN = Credentials("login", "wrangler's login (~/.wrangler/config/default.toml)", SECRET)


class TestMeaning:
    @pytest.mark.parametrize(
        ("status", "code", "kind", "words", "advice"),
        [
            (401, 10000, Refused, "environment CLOUDFLARE_API_TOKEN", "api-tokens"),
            (403, 7403, Refused, "environment CLOUDFLARE_API_TOKEN", "api-tokens"),
            (400, 9109, Refused, "environment CLOUDFLARE_API_TOKEN", "api-tokens"),
            (404, 7404, Gone, "does not know the database db", "wrangler d1 list"),
            (400, 7406, Unsure, "limit of D1", "wrangler d1 info"),
            (413, 0, Refused, "larger than Cloudflare takes", "Split the file"),
            (400, 7500, SqlFailed, "no such table: x", "doctor"),
            (500, 7500, Unsure, "trouble of its own", "cloudflarestatus"),
            (503, 0, Unsure, "error of its own (503)", "cloudflarestatus"),
            (418, 1, Unsure, "refused the request (418)", "doctor"),
        ],
    )
    def test_of_codes(self, status: int, code: int, kind: type[CannotKnow], words: str, advice: str) -> None:
        message = (
            "internal error; reference = abc"
            if (status, code) == (500, 7500)
            else "no such table: x: SQLITE_ERROR"
        )
        error = error_for(status, [Problem(code, message)], TOKEN, "the database db")
        assert type(error) is kind
        assert words in error.message
        assert advice in str(error.next)

    def test_the_way_out_fits_the_credentials(self) -> None:
        ways = [error_for(401, [], c, "it").next for c in (KEY, TOKEN, LOGIN)]
        assert "CLOUDFLARE_EMAIL" in str(ways[0])
        assert "Create Token" in str(ways[1])
        assert ways[2] == "wrangler login"

    def test_nothing_is_there(self) -> None:
        with Wire() as wire:
            api = wire.api()
        with pytest.raises(Unreachable, match="cannot be reached") as raised:
            api.write(PATH, WRITE, what="it")
        assert "Nothing was sent." in raised.value.details


class TestTrust:
    @pytest.mark.parametrize("url", ["https://api.example/v4", "http://127.0.0.1:1/x", "http://localhost/x/"])
    def test_where_credentials_may_go(self, url: str) -> None:
        assert api_url(url) == url.rstrip("/")

    @pytest.mark.parametrize(
        "url", ["http://api.cloudflare.com", "ftp://x", "https://", "x", "https://u:p@h/", "http://[::1", ""]
    )
    def test_and_where_not(self, url: str) -> None:
        with pytest.raises(ConfigError):
            api_url(url)

    def test_a_redirect_is_not_followed(self, wire: Wire) -> None:
        wire.faults = {1: lambda w, a: (307, {"location": "http://127.0.0.1:1/"}, b"")}
        with pytest.raises(Unsure, match="no answer of the API"):
            wire.api().write(PATH, WRITE, what="it")

    @pytest.mark.parametrize(
        "fault",
        [drop, garbled_after, refuse(401, 10000, "no"), refuse(500, 0, "no"), refuse(404, 7404, "no"),
         refuse(400, 7500, "no"), refuse(429, 0, "", retry_after="999")],
    )  # fmt: skip
    def test_no_error_holds_the_secret(self, wire: Wire, fault: Any) -> None:
        wire.faults = {1: fault}
        with pytest.raises(LandedError) as raised:
            wire.api().write(PATH, WRITE, what="it")
        assert SECRET not in told(raised.value)

    def test_nor_does_one_before_anything_was_sent(self) -> None:
        with Wire() as wire:
            api = wire.api()
        with pytest.raises(LandedError) as raised:
            api.write(PATH, WRITE, what="it")
        assert SECRET not in told(raised.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("HTTP_PROXY", "::::", "the proxy cannot be used"),
        ("ALL_PROXY", "ftp://user:secret-word@x", "the proxy cannot be used"),
        ("all_proxy", "socks5://127.0.0.1:1", "SOCKS proxies cannot be used"),
        ("SSL_CERT_FILE", "/nowhere/at/all.pem", "the certificates cannot be used"),
        ("SSL_CERT_FILE", __file__, "the certificates cannot be used"),
        ("SSL_CERT_FILE", "/", "the certificates cannot be used"),
    ],
)
def test_proxies_and_certificates_of_the_environment_that_are_no_use(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    api = wire.api()
    with pytest.raises(ConfigError) as refused:
        api.write(PATH, WRITE, what="it")
    assert said in refused.value.message and variable in str(refused.value.next)
    assert refused.value.exit_code == 2 and "secret-word" not in told(refused.value)
    assert api.requests == 0


def test_a_proxy_that_is_not_there_is_named(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with pytest.raises(Unreachable) as refused:
        wire.api().write(PATH, WRITE, what="it")
    assert refused.value.details == ("It goes through the proxy that HTTP_PROXY names.", "Nothing was sent.")
