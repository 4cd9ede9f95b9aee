"""What Cloudflare's API answered, in the user's words: who was refused, what is gone, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from landed.core.codes import code_of
from landed.core.errors import CannotKnow, Code, ConfigError
from landed.core.next import DOCTOR, Effect, Next, program
from landed.engines.d1.api_text import LONGEST, one_line
from landed.engines.d1.api_text import said as fit
from landed.engines.d1.auth import HOW_TO, Credentials
from landed.engines.d1.trouble import ending_of, is_of_sql, trouble_of
from landed.engines.sqlite.shadow.reason import code_of_words


class Unsure(CannotKnow):
    """A request was sent and its outcome is not known: lost reply, time-out, server error.

    ``again`` is false where asking again would end in the same way.
    """

    code = Code.AMBIGUOUS
    again = True
    lost = False
    """Whether nothing came that could be read."""


class Refused(CannotKnow):
    """The API refused a request before it reached the database: nothing was done.

    ``codes`` are those of the API that it named.
    """

    codes: frozenset[int] = frozenset()


class Gone(Refused):
    """The database does not exist (any more)."""


class Unreachable(CannotKnow):
    """The API could not be reached: nothing was sent."""

    code = Code.CONNECTION

    again = True


_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def proxies(environ: Mapping[str, str]) -> list[str]:
    """The variables that name a proxy."""
    return [n for name in _PROXIES for n in (name, name.lower()) if environ.get(n)]


def no_client(error: Exception, environ: Mapping[str, str]) -> ConfigError:
    """The error for proxies or certificates of the environment that no client can be made with.

    Values are not shown: a proxy's address may have a password in it.
    """
    certificates = isinstance(error, OSError)
    found = [n for n in _CERTIFICATES if environ.get(n)] if certificates else proxies(environ)
    what = "certificates" if certificates else "proxy"
    said = "SOCKS proxies cannot be used" if isinstance(error, ImportError) else f"the {what} cannot be used"
    names = " or ".join(found) or "it"
    return ConfigError(
        f"Cloudflare's API cannot be asked: {said}.",
        where=f"environment {found[0]}" if len(found) == 1 else None,
        details=[f"Set in the environment: {', '.join(found)}." if found else one_line(str(error))],
        next=f"correct or unset {names}, then run the same command again",
    )


class SqlFailed(CannotKnow):
    """The database refused the SQL; ``reason`` is SQLite's message."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"D1 answered: {one_line(reason)}", code=code_of(code_of_words(reason)), next=DOCTOR)
        self.reason = reason


class Problem(NamedTuple):
    """One entry of ``errors`` in an answer."""

    code: int
    message: str


_AUTH = frozenset({10000, 10001, 9106, 9109, 6003, 6111, 10405})
_SQL = frozenset({7500})
_GONE = frozenset({7404, 7407})
_LIMIT = frozenset({7406})

_MOST_PROBLEMS = 8
_LONGEST_REASON = 20_000
"""Characters of a database's message: the figures of a failed proof stand in it."""


def problems_of(body: Any, secrets: Iterable[str] = ()) -> list[Problem]:
    """The ``errors`` of an answer, whatever shape it has, the first ones; their words are made fit for
    messages (:func:`~landed.engines.d1.api_text.said`)."""
    found = []
    errors = body.get("errors") if isinstance(body, dict) else None
    for error in errors[:_MOST_PROBLEMS] if isinstance(errors, list) else ():
        if isinstance(error, dict):
            code, message = error.get("code"), error.get("message", "")
            number = code if isinstance(code, int) and 0 < code < 1_000_000 else 0
            text = message if isinstance(message, str) else ""
            longest = _LONGEST_REASON if number in _SQL else LONGEST
            shown = fit(text, secrets, longest)
            # Whether it is about the SQL stands at the end, which a long message loses.
            end = "" if ending_of(shown) else ending_of(text)
            found.append(Problem(number, shown + end))
    return found


def error_for(status: int, problems: Sequence[Problem], credentials: Credentials, what: str) -> CannotKnow:
    """The error that an answer with ``success: false``, or one that is no answer at all, means.

    ``what`` is what was asked for, as in ``the database db``.
    """
    codes = {p.code for p in problems}
    text = "; ".join(p.message for p in problems if p.message)
    said = [f"Cloudflare says: {one_line(text)}{_codes(codes)}"] if text else []
    if codes & _SQL:
        about = [p.message for p in problems if p.code in _SQL]
        return SqlFailed("; ".join(about)) if all(map(is_of_sql, about)) else _troubled(status, text, said)
    if status >= 500 or (trouble_of(text) is not None and not codes & _AUTH and status not in (401, 404)):
        return _troubled(status, text, said)
    if status in (401, 403) or codes & _AUTH:
        refused = _unauthorised(credentials, what, said)
        refused.codes = frozenset(codes)
        return refused
    if status == 404 or codes & _GONE:
        return Gone(
            f"Cloudflare does not know {what}.",
            details=[*said, f"asked with {credentials.origin}"],
            next=Next(
                "Compare the ids with: ",
                program("wrangler", "d1", "list", effect=Effect.READ),
                "   (another account? CLOUDFLARE_ACCOUNT_ID)",
            ),
        )
    if codes & _LIMIT:
        limited = Unsure(
            "A limit of D1 is reached.",
            code=Code.LIMIT,
            details=said,
            next=Next("See: ", program("wrangler", "d1", "info").afterwards()),
        )
        limited.again = False
        return limited
    if status == 413:
        return Refused(
            "The request is larger than Cloudflare takes.",
            code=Code.LIMIT,
            details=said,
            next="Split the file into several migrations.",
        )
    other = Unsure(f"Cloudflare refused the request ({status}).", details=said, next=DOCTOR)
    other.again = False
    return other


def _troubled(status: int, text: str, said: list[str]) -> Unsure:
    """The error for trouble of the platform's own: what became of the request is not known."""
    known = trouble_of(text)
    if known is not None:
        error = Unsure(known.means, code=known.code, details=said, next=known.next)
        error.again = known.again
        return error
    error = Unsure(
        f"Cloudflare answered with an error of its own ({status}).",
        details=said,
        next="Try again; https://www.cloudflarestatus.com says whether there is an incident.",
    )
    error.again = status >= 500
    return error


def no_answer(status: int, why: str) -> Unsure:
    """The error for an answer that is none of the API's: a page, such as a challenge or a proxy's."""
    if status < 400:
        return lost(f"what arrived is no answer of the API (HTTP {status}{why})")
    error = _troubled(status, "", [])
    if status < 500:
        error = Unsure(
            f"A page came instead of an answer of Cloudflare's API (HTTP {status}).",
            details=["A challenge, a firewall or a proxy on the way sends such pages."],
            next="Try again from another network, or have api.cloudflare.com let through.",
        )
        error.again = False
    error.lost = True
    return error


def too_often(waits: Sequence[float], asked: float, most: float) -> Refused:
    """The error when Cloudflare keeps asking to wait; ``asked`` is what it asks for now, in seconds."""
    details = ["The limit is 1200 requests in 5 minutes per user; nothing was done by this request."]
    if sum(waits) + asked > most:
        longer = f"{asked:.0f} s" if asked < 1_000_000 else "longer than a week"
        details.append(f"It asks to wait {longer}; landed waits {most:.0f} s at most.")
    return Refused(
        f"Cloudflare limits how often it may be asked, and still does after {sum(waits):.0f} s of waiting.",
        code=Code.LIMIT,
        details=details,
        next="Try again in five minutes.",
    )


def too_large(most: int) -> Unsure:
    """The error for an answer that is longer than it may be; asking again would bring the same."""
    error = Unsure(
        f"The answer from Cloudflare was lost: it is longer than the {most:,} bytes that landed reads.",
        next="Ask for less at once, such as fewer rows (LIMIT).",
    )
    error.again, error.lost = False, True
    return error


def lost(reason: str) -> Unsure:
    """The error for a request whose answer did not arrive, or could not be read."""
    error = Unsure(
        f"The answer from Cloudflare was lost: {reason}.", next="Check the connection and try again."
    )
    error.lost = True
    return error


def unreachable(host: str, reason: str, through: Sequence[str] = ()) -> Unreachable:
    """The error for a request that was never sent; ``through``: variables that name proxies."""
    sent = [f"It goes through the proxy that {' and '.join(through)} names."] if through else []
    lowered = reason.lower()
    if "certificate" in lowered or "ssl" in lowered:
        return Unreachable(
            f"The connection to {host} is not trusted: {reason}.",
            details=[*sent, "Nothing was sent."],
            next="Behind a proxy that inspects TLS, name its certificates in SSL_CERT_FILE.",
        )
    return Unreachable(
        f"{host} cannot be reached: {reason}.",
        details=[*sent, "Nothing was sent."],
        next=f"Check the connection{' and the proxy' if through else ''} and try again.",
    )


def _unauthorised(credentials: Credentials, what: str, said: list[str]) -> Refused:
    ways = {
        "login": program("wrangler", "login").afterwards(),
        "key": "Check CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL (they win over a token).",
        "token": HOW_TO,
    }
    return Refused(
        f"Cloudflare refuses {what} to the credentials in force: {credentials.origin}.",
        code=Code.LOGIN,
        details=[*said, "Expired, revoked, for another account, or without the permission Account · D1?"],
        next=ways[credentials.kind],
    )


def _codes(codes: set[int]) -> str:
    known = ", ".join(str(c) for c in sorted(codes) if c)
    return f" (code {known})" if known else ""
