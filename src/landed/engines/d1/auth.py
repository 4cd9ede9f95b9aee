"""Cloudflare credentials: which ones are in force, where they came from, the headers they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from landed.core.errors import CannotKnow, Code, ConfigError
from landed.core.next import BREAK, Next, program
from landed.core.secrets import keep
from landed.project.provenance import Value

_TOKEN = Next(
    "Make a token: https://dash.cloudflare.com/profile/api-tokens → Create Token → Create Custom Token → "
    "Account · D1 · Edit (Read is enough for status, verify and drift).",
    BREAK,
    "Then: export CLOUDFLARE_API_TOKEN=…   ",
)
HOW_TO = Next(_TOKEN, "(or log in with: ", program("wrangler", "login").afterwards(), ")")
HOW_TO_OPENLY = Next(_TOKEN, "(or: ", program("wrangler", "login", "--no-use-keyring").afterwards(), ")")
"""For a login that wrangler keeps where only it can read it."""

ALIASES = {
    "CLOUDFLARE_API_TOKEN": "CF_API_TOKEN",
    "CLOUDFLARE_API_KEY": "CF_API_KEY",
    "CLOUDFLARE_EMAIL": "CF_EMAIL",
    "CLOUDFLARE_ACCOUNT_ID": "CF_ACCOUNT_ID",
    "CLOUDFLARE_API_BASE_URL": "CF_API_BASE_URL",
}
"""Variables and their deprecated names, which wrangler understands too."""

_PRINTABLE = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What authorises a request. The secret is in no ``repr``.

    ``kind`` is ``token``, ``key`` (a global key with an e-mail address) or ``login`` (wrangler's own);
    ``origin`` says where it came from, as in ``environment CLOUDFLARE_API_TOKEN``; ``profile`` is wrangler's,
    of a login.
    """

    kind: Literal["token", "key", "login"]
    origin: str
    secret: str = field(repr=False)
    email: str = field(default="", repr=False)
    profile: str = ""

    @property
    def who(self) -> str:
        """What kind of credentials these are, for headlines."""
        if self.kind == "login":
            return f"wrangler's profile {self.profile or 'default'}"
        return "an API token" if self.kind == "token" else "a global API key"

    def headers(self) -> dict[str, str]:
        """The HTTP headers that carry it; from now on nothing that is shown has it in it."""
        keep(self.secret)
        if self.kind == "key":
            return {"X-Auth-Key": self.secret, "X-Auth-Email": self.email}
        return {"Authorization": f"Bearer {self.secret}"}


class Variables:
    """Environment variables and ``.env`` files as one; the environment wins, empty ones are not set."""

    def __init__(self, environ: Mapping[str, str], folders: Iterable[Path] = ()) -> None:
        from landed.project.dotenv import read_dotenv

        self.environ = environ
        self._dotenv = read_dotenv(folders)

    def get(self, name: str) -> Value[str] | None:
        """A variable under its name or its deprecated one, and where it was found."""
        names = (name, ALIASES[name]) if name in ALIASES else (name,)
        for known in names:
            if value := self.environ.get(known, "").strip():
                return Value(value, f"environment {known}")
        for known in names:
            text, file = self._dotenv.get(known, ("", Path()))
            if text.strip():
                return Value(text.strip(), f"{file.name} {known}")
        return None


def find_credentials(variables: Variables) -> Credentials | None:
    """The credentials that variables give: key and e-mail win over a token, as in wrangler.

    ``None`` when there are none, so that wrangler's own login is next. Raises ConfigError for a
    value that no header can carry.
    """
    key, email = variables.get("CLOUDFLARE_API_KEY"), variables.get("CLOUDFLARE_EMAIL")
    if key and email:
        return Credentials("key", f"{key.origin} and {email.origin}", _sendable(key), _sendable(email))
    token = variables.get("CLOUDFLARE_API_TOKEN")
    if token:
        return Credentials("token", token.origin, _sendable(token))
    return None


def half_a_pair(variables: Variables) -> str | None:
    """The sentence about a global key without its e-mail address, or the other way round."""
    key, email = variables.get("CLOUDFLARE_API_KEY"), variables.get("CLOUDFLARE_EMAIL")
    if key and not email:
        return f"{key.origin} is set, but without CLOUDFLARE_EMAIL it is of no use."
    if email and not key:
        return f"{email.origin} is set, but without CLOUDFLARE_API_KEY it is of no use."
    return None


def no_credentials(details: Iterable[str] = ()) -> CannotKnow:
    """The error when nothing authorises landed to ask Cloudflare."""
    return CannotKnow(
        "There are no Cloudflare credentials: remote D1 cannot be asked.",
        code=Code.LOGIN,
        details=list(details),
        next=HOW_TO,
    )


def _sendable(value: Value[str]) -> str:
    if not _PRINTABLE.match(value.value):
        raise ConfigError(
            f"{value.origin} holds characters that no credential has (a space, a line break, a quote mark?)",
            next="set it again, to the bare value",
        )
    return value.value
