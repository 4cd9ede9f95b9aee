"""What shows by its form that it is a secret: logins in URLs, ``password=…``, tokens, whoever wrote them."""

from __future__ import annotations

import re
from functools import cache

DOTS = "…"

_PASSWORD = r"pas+w?(?:or|r)?[dt]?|passphrase|passcode|pwd|psw"
SECRET_NAME = (
    rf"[\w.%-]*(?:{_PASSWORD}|secret|token|api_?-?key|access_?-?key|secret_?-?key|service_?-?role_?-?key"
    r"|credential)s?"
)
NO_SECRET = frozenset({"passfile", "sslkey", "sslcert"})

_RUN = r"""[^\s'"`<>]++"""
"""What a URL in a text is at most, unless it holds quotes or spaces (then it is known by its text)."""
AUTHORITY = r":/+|//"
_NO_PORT = r"[^:/?#@\[\]]*+:(?!\d{1,5}(?![\w%]))(?=[^/@])"
_QUOTED = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""
_ASSIGNED = (
    rf"(?i)(?<![\w.%-])(?P<name>{SECRET_NAME})"
    rf"(?:(?P<is>=)(?P<value>{_QUOTED}|[^\s&'\",;)}}\]]++)|(?P<gap>\s*+(?:=>?|:=)\s*+)(?P<quoted>{_QUOTED}))"
)
_IN_SQL = r"(?i)\b(?P<name>(?:ssl)?password\s++e?)'(?:[^']|'')*'"
_HEADER = r"(?i)\b(?P<name>(?:bearer|basic|x-auth-key:?)\s++)[\w.~+/=-]{6,}+"
_TOKEN = r"\beyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]++|\b(?:sbp_|sb_secret_|gh[pousr]_|github_pat_)\w{12,}+"
_HEX = r"%([0-9A-Fa-f]{2})"
DATABASE = ("postgres://", "postgresql://")


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A compiled pattern."""
    # Most runs need few of them, and compiling takes longer than a short text.
    return re.compile(text)


def hide_forms(text: str) -> str:
    """The text with dots in place of what has the form of a secret; takes time as it is long."""
    if "//" in text or ":/" in text or "%3" in text:
        text = pattern(_RUN).sub(_login, text)
    lower = text.lower()
    if "=" in text and any(word in lower for word in ("pas", "pwd", "psw", "secret", "token", "key", "cred")):
        text = pattern(_ASSIGNED).sub(_assigned, text)
    if "password" in lower:
        text = pattern(_IN_SQL).sub(rf"\g<name>'{DOTS}'", text)
    if "bearer" in lower or "basic" in lower or "x-auth" in lower:
        text = pattern(_HEADER).sub(rf"\g<name>{DOTS}", text)
    if "eyJ" in text or "sb" in text or "gh" in text or "github" in text:
        text = pattern(_TOKEN).sub(DOTS, text)
    return text


def _login(found: re.Match[str]) -> str:
    run = found[0]
    start = pattern(AUTHORITY).search(run)
    if start is None:
        plain = decoded(run) if "%" in run else run
        # A URL that was encoded as a whole is shown as it reads, if at all.
        shown = (
            pattern(_RUN).sub(_login, plain) if plain != run and pattern(AUTHORITY).search(plain) else plain
        )
        return run if shown == plain else shown
    end = run.rfind("@", start.end())
    scheme = run[: start.end()]
    if end < 0:
        # Cut off before its @: a name and what is no port.
        cut = pattern(_NO_PORT).match(run, start.end())
        return f"{run[: cut.end()]}{DOTS}" if cut else run
    user, colon, _ = run[start.end() : end].partition(":")
    if colon:
        return f"{scheme}{user}:{DOTS}{run[end:]}"
    # A lone name is a token for most servers, and a user for a database.
    harmless = not user or "/" in user or scheme.endswith(DATABASE) or ":/" not in scheme
    return run if harmless else f"{scheme}{DOTS}{run[end:]}"


def _assigned(found: re.Match[str]) -> str:
    if found["name"].lower() in NO_SECRET:
        return found[0]
    if found["is"]:
        return f"{found['name']}={DOTS}"
    quote = found["quoted"][0]
    return f"{found['name']}{found['gap']}{quote}{DOTS}{quote}"


def decoded(text: str) -> str:
    """The text with its codes (``%40``) read."""
    parts = pattern(_HEX).split(text)
    if len(parts) == 1:
        return text
    data = b"".join(
        bytes((int(part, 16),)) if number % 2 else part.encode("utf-8", "surrogateescape")
        for number, part in enumerate(parts)
    )
    return data.decode("utf-8", "replace")
