"""What is secret, in one place: logins in URLs, ``password=…``, tokens, and the secrets in force.

Two kinds of knowledge. A *form* shows that something is a secret whoever wrote it: ``://user:…@``,
``password=…``, ``Bearer …``. A *secret in force* is known by its text, because it was given: :func:`keep`.
Secrets shorter than four characters, and words that any output has (``postgres``), are masked by form only:
dots in their place would tell more than they hide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

DOTS = "…"
SHORTEST = 4
"""Characters that a secret has at least to be looked for by its text."""
_ANYWHERE = 8
"""Shorter ones are masked as words of their own only."""
_PLAIN = frozenset({
    "apply", "column", "default", "error", "false", "index", "json", "landed", "local", "localhost", "none",
    "null", "password", "postgres", "postgresql", "public", "remote", "schema", "status", "supabase", "table",
    "text", "true", "verify",
})  # fmt: skip
"""Words that output consists of; as passwords they hide nothing."""

_PASSWORD = r"pas+w?(?:or|r)?[dt]?|passphrase|passcode|pwd|psw"
_SECRET_NAME = (
    rf"[\w.%-]*(?:{_PASSWORD}|secret|token|api_?-?key|access_?-?key|secret_?-?key|service_?-?role_?-?key"
    r"|credential)s?"
)
_NO_SECRET = frozenset({"passfile", "sslkey", "sslcert"})
_VARIABLE = (
    r"(?i)(?:.*_|PG|PGSSL)?(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIALS?)\Z|.*_(?:KEY|PAT)\Z"
)
_NOT_SECRET_VARIABLE = frozenset({"PWD", "OLDPWD"})

_RUN = r"""[^\s'"`<>]++"""
"""What a URL in a text is at most, unless it holds quotes or spaces (then it is known by its text)."""
_AUTHORITY = r":/+|//"
_NO_PORT = r"[^:/?#@\[\]]*+:(?!\d{1,5}(?![\w%]))(?=[^/@])"
_QUOTED = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""
_ASSIGNED = (
    rf"(?i)(?<![\w.%-])(?P<name>{_SECRET_NAME})"
    rf"(?:(?P<is>=)(?P<value>{_QUOTED}|[^\s&'\",;)}}\]]++)|(?P<gap>\s*+(?:=>?|:=)\s*+)(?P<quoted>{_QUOTED}))"
)
_IN_SQL = r"(?i)\b(?P<name>(?:ssl)?password\s++e?)'(?:[^']|'')*'"
_HEADER = r"(?i)\b(?P<name>(?:bearer|basic|x-auth-key:?)\s++)[\w.~+/=-]{6,}+"
_TOKEN = r"\beyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]++|\b(?:sbp_|sb_secret_|gh[pousr]_|github_pat_)\w{12,}+"
_HEX = r"%([0-9A-Fa-f]{2})"
_DATABASE = ("postgres://", "postgresql://")
_PLACE = r"[\w.,:\[\]-]*(?:/[\w.%-]*)?(?:\?(?:\w+=[^&]*(?:&|\Z))*)?\Z"
_NAMED = r"(?:^|[?&;\s])(?P<name>[\w.%-]+)\s*+=\s*+"
_VALUES = r"(?=([^&\s]*))(?=([^&]*?)(?:&|\s+[\w.-]+\s*=|\s*\Z))"
_JOINTS = r"""[\s/?#@:&='"`\\]+"""


@cache
def _re(pattern: str) -> re.Pattern[str]:
    # Most runs need few of them, and compiling takes longer than a short text.
    return re.compile(pattern)


_kept: set[str] = set()
_compiled: list[re.Pattern[str] | None] = []


def redact(text: str) -> str:
    """The text without secrets, known by their form or by their text, whatever else it says."""
    return _forms(masked(text))


def masked(text: str) -> str:
    """The text without the secrets in force; what only looks like a secret stays (for data of the user's)."""
    found = _pattern()
    return text if found is None else found.sub(DOTS, text)


def redact_json(body: Any) -> Any:
    """A JSON value with every text in it redacted; keys stay, and what holds nothing secret is not copied."""
    if isinstance(body, str):
        return redact(body)
    if isinstance(body, dict):
        return {key: redact_json(value) for key, value in body.items()}
    if isinstance(body, (list, tuple)):
        return [redact_json(value) for value in body]
    return body


def without_login(target: str) -> str:
    """A target's name without what may be secret: user, password and query of a URL, ``password=…``."""
    if ":/" in target:
        # Up to the last @: a password with unescaped / or ? must not slip through either.
        target = re.sub(r"(?<=:/)(/*+).*@", r"\1", target, flags=re.DOTALL)
        target = re.sub(r"[?#].*", "", target, flags=re.DOTALL)
    return _forms(target)


def keep(secret: str) -> None:
    """From now on this text is a secret in force. Short ones and words of every day are not looked for."""
    if secret and secret not in _kept:
        _kept.add(secret)
        _compiled.clear()


def keep_from(text: str) -> None:
    """Keep what is secret in a URL or a ``key=value`` text that was given, whether or not it can be read."""
    if "@" not in text and "=" not in text and "%" not in text:
        return
    for spelled in dict.fromkeys((text, _decoded(text))):
        start = _re(_AUTHORITY).search(spelled)
        if start and "@" in spelled:
            _keep_login(spelled[: start.end()], spelled[start.end() :])
        if "=" in spelled:
            _keep_assigned(spelled)


def _keep_assigned(text: str) -> None:
    for found in _re(_NAMED).finditer(text):
        if _decoded(found["name"]).strip().lower() not in _NO_SECRET and re.fullmatch(
            _SECRET_NAME, _decoded(found["name"]).strip(), re.IGNORECASE
        ):
            # As it should have been written, and as it was: unquoted spaces, a quote within quotes.
            for value in _re(_VALUES).match(text, found.end()).groups():  # type: ignore[union-attr]
                keep(value)
                keep(value.strip().strip("'\""))


def _keep_login(scheme: str, rest: str) -> None:
    ends = [at for at, char in enumerate(rest) if char == "@"]
    # An @ may belong to the password or to a parameter: the first that a place follows, else the last.
    chosen = next((at for at in ends if _re(_PLACE).match(rest, at + 1)), ends[-1])
    for at in {chosen, ends[-1]}:
        user, colon, secret = rest[:at].partition(":")
        if colon:
            keep(secret)
        elif not scheme.endswith(_DATABASE):
            keep(user)


def keep_variables(variables: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
    """Keep the secrets among environment variables (or those of a ``.env`` file): by name, and in URLs."""
    for name, value in variables.items() if isinstance(variables, Mapping) else variables:
        if _re(_VARIABLE).match(name) and name not in _NOT_SECRET_VARIABLE:
            keep(value)
        keep_from(value)


def keep_document(document: object) -> None:
    """Keep the secrets in a configuration file that was read: by key, and in every text."""
    if isinstance(document, str):
        keep_from(document)
    elif isinstance(document, Mapping):
        for key, value in document.items():
            keep_from(str(key))
            if isinstance(value, str):
                keep_variables(((str(key), value),))
            else:
                keep_document(value)
    elif isinstance(document, (list, tuple)):
        for value in document:
            keep_document(value)


def forget() -> None:
    """Nothing is in force any more: a new run begins."""
    _kept.clear()
    _compiled.clear()


def _forms(text: str) -> str:
    if "//" in text or ":/" in text or "%3" in text:
        text = _re(_RUN).sub(_login, text)
    lower = text.lower()
    if "=" in text and any(word in lower for word in ("pas", "pwd", "psw", "secret", "token", "key", "cred")):
        text = _re(_ASSIGNED).sub(_assigned, text)
    if "password" in lower:
        text = _re(_IN_SQL).sub(rf"\g<name>'{DOTS}'", text)
    if "bearer" in lower or "basic" in lower or "x-auth" in lower:
        text = _re(_HEADER).sub(rf"\g<name>{DOTS}", text)
    if "eyJ" in text or "sb" in text or "gh" in text or "github" in text:
        text = _re(_TOKEN).sub(DOTS, text)
    return text


def _login(found: re.Match[str]) -> str:
    run = found[0]
    start = _re(_AUTHORITY).search(run)
    if start is None:
        plain = _decoded(run) if "%" in run else run
        # A URL that was encoded as a whole is shown as it reads, if at all.
        shown = _re(_RUN).sub(_login, plain) if plain != run and _re(_AUTHORITY).search(plain) else plain
        return run if shown == plain else shown
    end = run.rfind("@", start.end())
    scheme = run[: start.end()]
    if end < 0:
        # Cut off before its @: a name and what is no port.
        cut = _re(_NO_PORT).match(run, start.end())
        return f"{run[: cut.end()]}{DOTS}" if cut else run
    user, colon, _ = run[start.end() : end].partition(":")
    if colon:
        return f"{scheme}{user}:{DOTS}{run[end:]}"
    # A lone name is a token for most servers, and a user for a database.
    return run if not user or "/" in user or scheme.endswith(_DATABASE) else f"{scheme}{DOTS}{run[end:]}"


def _assigned(found: re.Match[str]) -> str:
    if found["name"].lower() in _NO_SECRET:
        return found[0]
    if found["is"]:
        return f"{found['name']}={DOTS}"
    quote = found["quoted"][0]
    return f"{found['name']}{found['gap']}{quote}{DOTS}{quote}"


def _pattern() -> re.Pattern[str] | None:
    """All secrets in force in all their spellings, the longest first; ``None`` where there are none."""
    if not _compiled:
        spellings = {spelling for secret in _kept for spelling in _spellings(secret)}
        ordered = sorted(spellings, key=lambda text: (-len(text), text))
        _compiled.append(re.compile("|".join(map(_wordwise, ordered))) if ordered else None)
    return _compiled[0]


def _wordwise(text: str) -> str:
    literal = re.escape(text)
    return literal if len(text) >= _ANYWHERE else rf"(?<!\w){literal}(?!\w)"


def _spellings(secret: str) -> Iterable[str]:
    """A secret as messages spell it: decoded, quoted, escaped, and in the pieces that a misreading leaves."""
    whole = {secret, _decoded(secret), secret.strip()}
    whole |= {_encoded(each) for each in tuple(whole)}
    pieces = {piece for each in whole for piece in _re(_JOINTS).split(each) if piece != each}
    for text in whole | pieces:
        if len(text) >= SHORTEST and text.lower() not in _PLAIN:
            yield text
            yield repr(text)[1:-1]
            yield text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
            yield text.replace("'", "'\"'\"'")
            yield text.replace("'", "''")
            yield re.sub(r"/{2,}", "/", text)


def _decoded(text: str) -> str:
    parts = _re(_HEX).split(text)
    if len(parts) == 1:
        return text
    data = b"".join(
        bytes((int(part, 16),)) if number % 2 else part.encode("utf-8", "surrogateescape")
        for number, part in enumerate(parts)
    )
    return data.decode("utf-8", "replace")


def _encoded(text: str) -> str:
    return "".join(
        char
        if char.isascii() and (char.isalnum() or char in "-._~")
        else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))
        for char in text
    )
