"""wrangler's own login: its file, whether it has expired, how it is refreshed and written back.

Facts: wrangler 4.164 (packages/workers-auth): ``~/.wrangler`` where that is a folder, else the XDG
configuration folder's ``.wrangler``; in it ``config/default.toml``, or ``default.enc`` where the key is in
the operating system's keyring. A refresh token is good for one use: the new one must be kept.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeGuard

from landed.core.errors import CannotKnow, Code
from landed.engines.d1.auth import HOW_TO_OPENLY, Credentials, no_credentials

CLIENT_ID = "54d11594-84e4-41aa-b438-e81b8fa78ee7"
"""wrangler's public OAuth client (not a secret: there is none in this flow)."""

Post = Callable[[str, Mapping[str, str]], tuple[int, Any]]
"""Send a form and return status and JSON body (``None`` if it is none)."""

_TOKEN = re.compile(r"[!-~]{1,8192}\Z")
_SCOPES = re.compile(r"[!-~ ]{0,8192}\Z")
_LONGEST_LOGIN = 366 * 86_400
_MOST_BYTES = 1 << 20
"""How long wrangler's file may be; it has some hundred bytes."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Login:
    """wrangler's stored login; secrets are in no ``repr``. ``expires`` is in UTC."""

    path: Path
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: datetime
    scopes: tuple[str, ...] = ()
    profile: str = "default"

    def expired(self, now: datetime) -> bool:
        """Whether the token is refused by now."""
        return now >= self.expires

    def credentials(self) -> Credentials:
        """What requests are authorised with."""
        named = "" if self.profile == "default" else f", profile {self.profile}"
        return Credentials(
            "login", f"wrangler's login{named} ({_shown(self.path)})", self.token, profile=self.profile
        )


def login_folder(environ: Mapping[str, str]) -> Path:
    """wrangler's configuration folder for the whole machine; it need not exist."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if (home / ".wrangler").is_dir():
        return home / ".wrangler"
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / ".wrangler"
    if sys.platform == "darwin":
        return home / "Library" / "Preferences" / ".wrangler"
    if sys.platform == "win32":
        appdata = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
        return appdata / "xdg.config" / ".wrangler"
    return home / ".config" / ".wrangler"


def read_login(environ: Mapping[str, str], profile: str = "default") -> Login:
    """wrangler's login of a profile. Raises CannotKnow where there is none, or only the keyring opens it."""
    path = login_folder(environ) / "config" / f"{profile}.toml"
    try:
        text = _contents(path)
    except FileNotFoundError:
        raise _absent(path) from None
    except (OSError, ValueError):
        raise no_credentials([f"wrangler's login {_shown(path)} cannot be read."]) from None
    import tomllib

    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        # The parser's message could quote the file, and with it the token.
        raise no_credentials([f"wrangler's login {_shown(path)} is not valid TOML."]) from None
    token = found.get("oauth_token")
    if not isinstance(token, str) or not token:
        raise no_credentials([f"{_shown(path)} holds no login. To log in: wrangler login"])
    scopes = found.get("scopes")
    return Login(
        path,
        token,
        str(found.get("refresh_token") or ""),
        _moment(found.get("expiration_time")),
        tuple(str(s) for s in scopes) if isinstance(scopes, list) else (),
        profile,
    )


def _contents(path: Path) -> str:
    """The text of wrangler's file. Raises OSError, and ValueError for what is no file of such a length."""
    # A pipe in its place would never end: it is opened without waiting, and looked at before it is read.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("no regular file")
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("too long")
    return content.decode("utf-8")


def refresh(login: Login, post: Post, environ: Mapping[str, str], now: datetime) -> Login:
    """Exchange the refresh token for a new token and write the file as wrangler does.

    Another process may have refreshed meanwhile: the file is read again first, and last the new
    tokens replace it atomically under the same mode. Raises CannotKnow.
    """
    login = read_login(environ, login.profile)
    if not login.expired(now):
        return login
    if not login.refresh_token:
        raise _rejected(login)
    if not os.access(login.path.parent, os.W_OK):
        # A refresh token works once: to use it and lose the answer would log the user out.
        raise CannotKnow(
            f"wrangler's login has expired, and {_shown(login.path.parent)} cannot be written to, which is "
            "needed to refresh it.",
            code=Code.LOGIN,
            next="Refresh it with: wrangler whoami   or set CLOUDFLARE_API_TOKEN",
        )
    status, body = post(
        token_url(environ),
        {
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token,
            "client_id": environ.get("WRANGLER_CLIENT_ID") or CLIENT_ID,
        },
    )
    if status >= 500 or not isinstance(body, dict):
        raise CannotKnow(
            f"wrangler's login has expired, and Cloudflare's login server answered with an error ({status}).",
            code=Code.LOGIN,
            next="Try again, or set CLOUDFLARE_API_TOKEN",
        )
    token, again = body.get("access_token"), body.get("refresh_token") or login.refresh_token
    if status >= 300 or not _is_token(token) or not _is_token(again):
        raise _rejected(login)
    scope = body.get("scope")
    scopes = tuple(scope.split()) if isinstance(scope, str) and _SCOPES.match(scope) else login.scopes
    renewed = replace(
        login, token=token, refresh_token=again, expires=now + _lasting(body.get("expires_in")), scopes=scopes
    )
    write_login(renewed)
    return renewed


def _is_token(value: object) -> TypeGuard[str]:
    """Whether a value can be a token: it is put into a header and into wrangler's file."""
    return isinstance(value, str) and _TOKEN.match(value) is not None


def _lasting(seconds: object) -> timedelta:
    if not isinstance(seconds, (int, float)) or not seconds > 0:
        return timedelta(0)
    return timedelta(seconds=min(seconds, _LONGEST_LOGIN))


def token_url(environ: Mapping[str, str]) -> str:
    """Where tokens are refreshed; wrangler's variables for it are honoured."""
    domain = environ.get("WRANGLER_AUTH_DOMAIN") or "dash.cloudflare.com"
    return environ.get("WRANGLER_TOKEN_URL") or f"https://{domain}/oauth2/token"


def write_login(login: Login) -> None:
    """Replace wrangler's file atomically, readable by its owner only."""
    moment = login.expires.astimezone(UTC)
    scopes = ", ".join(json.dumps(s) for s in login.scopes)
    text = (
        f"oauth_token = {json.dumps(login.token)}\n"
        f'expiration_time = "{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"\n'
        f"refresh_token = {json.dumps(login.refresh_token)}\n"
        f"scopes = [ {scopes} ]\n"
    )
    path = Path(os.path.realpath(login.path))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return _LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _absent(path: Path) -> CannotKnow:
    if path.with_suffix(".enc").exists():
        return CannotKnow(
            f"wrangler keeps its login encrypted ({_shown(path.with_suffix('.enc'))}), with the key in the "
            "operating system's keyring; landed does not open that.",
            code=Code.LOGIN,
            next=HOW_TO_OPENLY,
        )
    return no_credentials()


def _rejected(login: Login) -> CannotKnow:
    return CannotKnow(
        f"wrangler's login ({_shown(login.path)}) has expired and cannot be refreshed.",
        code=Code.LOGIN,
        next="wrangler login" if login.profile == "default" else f"wrangler auth create {login.profile}",
    )


def _shown(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)
