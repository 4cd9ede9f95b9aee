"""What is secret, in one place: logins in URLs, ``password=…``, tokens, and the secrets in force.

Two kinds of knowledge. A *form* shows that something is a secret whoever wrote it: ``://user:…@``,
``password=…``, ``Bearer …``. A *secret in force* is known by its text, because it was given: :func:`keep`.
Secrets shorter than four characters, and words that any output has (``postgres``), are masked by form only:
dots in their place would tell more than they hide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from landed.core.secret_forms import (
    AUTHORITY,
    DATABASE,
    DOTS,
    NO_SECRET,
    SECRET_NAME,
    decoded,
    hide_forms,
    pattern,
)

SHORTEST = 4
"""Characters that a secret has at least to be looked for by its text."""
_IN_ANY_CASE, _ANYWHERE = 6, 8
"""Shorter ones are masked as they are written only, and as words of their own only."""
_LONGEST, _MOST = 8192, 400
"""Characters of a text in which secrets are looked for, and how many of a project's files are kept."""
_PLAIN = frozenset({
    "apply", "column", "default", "error", "false", "index", "json", "landed", "local", "localhost", "none",
    "null", "password", "postgres", "postgresql", "public", "remote", "schema", "status", "supabase", "table",
    "text", "true", "verify",
})  # fmt: skip
"""Words that output consists of; as passwords they hide nothing."""

_VARIABLE = (
    r"(?i)(?:.*_|PG|PGSSL)?(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIALS?)\Z|.*_(?:KEY|PAT)\Z"
)
_NOT_SECRET_VARIABLE = frozenset({"PWD", "OLDPWD"})
_OURS = ("LANDED_", "PG", "SUPABASE_", "CLOUDFLARE_", "CF_", "WRANGLER_")
"""How the variables that landed itself reads begin; of others only what is no plain word is kept."""
_WORD = r"[a-z_]{1,15}|[A-Z_]{1,15}|[A-Z][a-z]{1,14}|\d{1,7}|.{1,5}"

_PLACE = r"[\w.,:\[\]-]*(?:/[\w.%-]*)?(?:\?(?:\w+=[^&]*(?:&|\Z))*)?\Z"
_PARTS = r"[/:?#,.&=]"
_NAMED = r"(?:^|[?&;\s])(?P<name>[\w.%-]+)\s*+=\s*+"
_NEXT = r"\s[\w.-]+\s{0,4}="
_JOINTS = r"""[\s/?#@:&='"`\\]+"""


_kept: set[str] = set()
_of_files: set[str] = set()
_known: list[tuple[str, str]] = []


def redact(text: str) -> str:
    """The text without secrets, known by their form or by their text, whatever else it says."""
    return hide_forms(masked(text))


def masked(text: str) -> str:
    """The text without the secrets in force; what only looks like a secret stays (for data of the user's)."""
    known = _spelled()
    if not known:
        return text
    lower = text.lower()
    found = [spelling for spelling, small in known if small in lower]
    return re.sub("|".join(map(_wordwise, found)), DOTS, text) if found else text


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
    return hide_forms(target)


def keep(secret: str, *, files: bool = False) -> None:
    """From now on this text is a secret in force. Short ones and words of every day are not looked for.

    Of those of a project's ``files`` there are so many at most, and these push out no other.
    """
    if not secret or secret in _kept or secret in _of_files or (files and len(_of_files) >= _MOST):
        return
    (_of_files if files else _kept).add(secret)
    _known.clear()


def keep_from(text: str, *, words: bool = True, files: bool = False) -> None:
    """Keep what is secret in a URL or a ``key=value`` text that was given, whether or not it can be read.

    Without ``words``, what could be anybody's word (the password of a database for tests) is not looked for.
    """
    text = text[:_LONGEST]
    if "@" not in text and "=" not in text and "%" not in text:
        return
    for spelled in dict.fromkeys((text, decoded(text))):
        for secret in (*_in_login(spelled), *_in_assignments(spelled)):
            if words or not re.fullmatch(_WORD, secret):
                keep(secret, files=files)


def _in_login(text: str) -> Iterator[str]:
    start = pattern(AUTHORITY).search(text)
    if start is None:
        return
    scheme, rest = text[: start.end()], text[start.end() :]
    ends = [at for at, char in enumerate(rest) if char == "@"]
    if not ends:
        return
    # An @ may belong to the password or to a parameter: the first that a place follows, else the last.
    chosen = next((at for at in ends[:32] if pattern(_PLACE).match(rest, at + 1)), ends[-1])
    for at in {chosen, ends[-1]}:
        user, colon, secret = rest[:at].partition(":")
        if colon:
            # The same as a part that is shown anyway: dots there would only say so.
            if secret != user and secret not in pattern(_PARTS).split(rest[at + 1 :]):
                yield secret
        elif not scheme.endswith(DATABASE):
            yield user


def _in_assignments(text: str) -> Iterator[str]:
    if "=" not in text:
        return
    for found in islice(pattern(_NAMED).finditer(text), 64):
        name = decoded(found["name"]).strip().lower()
        if name in NO_SECRET or not re.fullmatch(SECRET_NAME, name):
            continue
        # As it should have been written, and as it was: unquoted spaces, a quote within quotes.
        written = text[found.end() :].partition("&")[0]
        for value in (
            written.split(maxsplit=1)[0] if written.strip() else "",
            pattern(_NEXT).split(written, 1)[0],
        ):
            yield value
            yield value.strip().strip("'\"")


def keep_variables(variables: Mapping[str, str], *, files: bool = False) -> None:
    """Keep the secrets among environment variables (or those of a ``.env`` file): by name, and in URLs."""
    for name, value in variables.items():
        ours = name.startswith(_OURS)
        named = pattern(_VARIABLE).match(name) and name not in _NOT_SECRET_VARIABLE
        if named and (ours or not re.fullmatch(_WORD, value)):
            keep(value, files=files)
        keep_from(value, words=ours, files=files)


def keep_document(document: object) -> None:
    """Keep the secrets in a configuration file that was read: by key, and in every text."""
    if isinstance(document, str):
        keep_from(document, files=True)
    elif isinstance(document, Mapping):
        for key, value in document.items():
            keep_from(str(key), files=True)
            if isinstance(value, str) and pattern(_VARIABLE).match(str(key)):
                keep(value, files=True)
            keep_document(value)
    elif isinstance(document, (list, tuple)):
        for value in document:
            keep_document(value)


def forget() -> None:
    """Nothing is in force any more: a new run begins."""
    _kept.clear()
    _of_files.clear()
    _known.clear()


def _spelled() -> list[tuple[str, str]]:
    """All secrets in force in all their spellings, the longest first; each with itself in small letters."""
    if not _known and (_kept or _of_files):
        spellings = {spelling for secret in _kept | _of_files for spelling in _spellings(secret)}
        _known.extend((each, each.lower()) for each in sorted(spellings, key=lambda t: (-len(t), t)))
    return _known


def _wordwise(text: str) -> str:
    # Hosts are spelled small, and a misread password may have become one.
    literal = rf"(?i:{re.escape(text)})" if len(text) >= _IN_ANY_CASE else re.escape(text)
    return literal if len(text) >= _ANYWHERE else rf"(?<!\w){literal}(?!\w)"


def _spellings(secret: str) -> Iterable[str]:
    """A secret as messages spell it: decoded, quoted, escaped, and in the pieces that a misreading leaves."""
    whole = {secret, decoded(secret), secret.strip()}
    whole |= {_encoded(each) for each in tuple(whole)}
    pieces = {piece for each in whole for piece in pattern(_JOINTS).split(each) if piece != each}
    for text in whole | pieces:
        if len(text) >= SHORTEST and text.lower() not in _PLAIN:
            yield text
            yield repr(text)[1:-1]
            yield text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
            yield text.replace("'", "'\"'\"'")
            yield text.replace("'", "''")
            yield text.replace("/", "\\/")
            yield re.sub(r"/{2,}", "/", text)


def _encoded(text: str) -> str:
    return "".join(
        char
        if char.isascii() and (char.isalnum() or char in "-._~")
        else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))
        for char in text
    )
