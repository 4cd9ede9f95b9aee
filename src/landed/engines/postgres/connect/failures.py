"""Why a Postgres connection failed: from what was said to what is wrong, with nothing secret in it."""

from __future__ import annotations

import re
from urllib.parse import quote as encode

from landed.core.errors import Code, LandedError
from landed.engines.postgres.connect.failure_meanings import TABLE, Meaning, Say
from landed.project.pg_url import Dsn

_NETWORK = re.compile(
    r"network is unreachable|no route to host|connection timeout expired|timeout expired|timed out"
    r"|connection refused|cannot assign requested address|address family.*not supported|host is down",
    re.IGNORECASE,
)
_NO_ROUTE = re.compile(
    r"network is unreachable|no route to host|cannot assign requested address|address family.*not supported"
    r"|could not translate host name|failed to resolve host|name or service not known|nodename nor servname"
    r"|no address associated|connection timeout expired|timeout expired|timed out",
    re.IGNORECASE,
)
_REPLIED = re.compile(r"FATAL:|ERROR:|SASL|SCRAM|SSL error|certificate", re.IGNORECASE)
_CODES = {
    **dict.fromkeys(("password", "no-password", "method", "tenant", "role", "blocked"), Code.LOGIN),
    **dict.fromkeys(("pool-full", "server-full", "starting"), Code.BUSY),
    "not-allowed": Code.RIGHTS,
    "database": Code.MISSING_OBJECT,
    "timeout": Code.TIMEOUT,
}
"""The codes of errors for those of meanings; all else is the connection itself."""


def is_network_failure(error: Exception) -> bool:
    """Whether nothing answered at all, so that another address of the same host may be tried."""
    text = str(error)
    return _NETWORK.search(text) is not None and _REPLIED.search(text) is None


def no_route(error: Exception) -> bool:
    """Whether the network has no way to the host: then another host for the same database may be tried."""
    text = str(error)
    return _NO_ROUTE.search(text) is not None and _REPLIED.search(text) is None


def explain(error: Exception, dsn: Dsn) -> LandedError:
    """The error for the user: what is really wrong, what to do, and what was said, with nothing secret."""
    meaning = meaning_of(error, dsn)
    details = list(meaning.details)
    if meaning.code == "password":
        details += [note.text for note in dsn.notes if note.code.startswith("password-")]
    details.append(f"said: {_line(scrub(str(error), dsn))}")
    # "default" is no place that anybody could look at.
    where = dsn.origin if dsn.origin not in ("", "default") else None
    return meaning.kind(
        meaning.message,
        details=details,
        next=meaning.next,
        where=where,
        code=_CODES.get(meaning.code, Code.CONNECTION),
        sqlstate=getattr(error, "sqlstate", None),
    )


def meaning_of(error: Exception, dsn: Dsn) -> Meaning:
    """What a failure means; its ``code`` is stable: ``password``, ``tenant``, ``ipv4-only``, …"""
    said = str(error)
    for pattern, say in _rows():
        found = pattern.search(said)
        if found:
            return say(dsn, scrub(found[1], dsn) if pattern.groups else "")
    return Meaning("connection", f"cannot connect to {dsn.place}", "see what was said, and correct it")


def scrub(text: str, dsn: Dsn) -> str:
    """A text without the password, in any way in which it may be written, and without URLs' logins."""
    text = re.sub(r"(?<=://)[^\s/@]*:[^\s]*@", "…@", text)
    for secret in (dsn.password, dsn.option("sslpassword")):
        # "postgres" is the documented password of every local Supabase.
        if not secret or (secret == "postgres" and dsn.locality != "REMOTE"):
            continue
        forms = {secret, encode(secret, safe=""), encode(secret), secret.replace("'", "\\'")}
        # Pieces that a parser may have cut out of a password with special characters.
        forms |= {piece for piece in re.split(r"[@/?#:%\s]+", secret) if len(piece) >= 4}
        for form in sorted(forms, key=len, reverse=True):
            text = (
                text.replace(form, "…")
                if len(form) >= 4
                else re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "…", text)
            )
    return text


def _line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " / ".join(lines)[:400] or "nothing"


_compiled: list[tuple[re.Pattern[str], Say]] = []


def _rows() -> list[tuple[re.Pattern[str], Say]]:
    if not _compiled:
        _compiled.extend((re.compile(pattern, re.IGNORECASE | re.DOTALL), say) for pattern, say in TABLE)
    return _compiled
