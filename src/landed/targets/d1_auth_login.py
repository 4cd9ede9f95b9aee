"""wrangler's own login: its file, whether it has expired, how it is refreshed and written back.

Facts: wrangler 4.164 (packages/workers-auth): ``~/.wrangler`` where that is a folder, else the XDG
configuration folder's ``.wrangler``; in it ``config/default.toml``, or ``default.enc`` where the key is in
the operating system's keyring. A refresh token is good for one use: the new one must be kept.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from landed.core.errors import CannotKnow
from landed.targets.d1_auth import HOW_TO, Credentials, no_credentials

CLIENT_ID = "54d11594-84e4-41aa-b438-e81b8fa78ee7"
"""wrangler's public OAuth client (not a secret: there is none in this flow)."""

Post = Callable[[str, Mapping[str, str]], tuple[int, Any]]
"""Send a form and return status and JSON body (``None`` if it is none)."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Login:
    """wrangler's stored login; secrets are in no ``repr``. ``expires`` is in UTC."""

    path: Path
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: datetime
    scopes: tuple[str, ...] = ()

    def expired(self, now: datetime) -> bool:
        """Whether the token is refused by now."""
        return now >= self.expires

    def credentials(self) -> Credentials:
        """What requests are authorised with."""
        return Credentials("login", f"wrangler's login ({_shown(self.path)})", self.token)


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


def read_login(environ: Mapping[str, str]) -> Login:
    """wrangler's login. Raises CannotKnow where there is none, or only the keyring can open it."""
    profile = environ.get("CLOUDFLARE_AUTH_PROFILE") or "default"
    if os.sep in profile or "/" in profile:
        profile = "default"
    path = login_folder(environ) / "config" / f"{profile}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _absent(path) from None
    except (OSError, UnicodeDecodeError):
        raise no_credentials([f"wrangler's login {_shown(path)} cannot be read."]) from None
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
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
    )


def refresh(login: Login, post: Post, environ: Mapping[str, str], now: datetime) -> Login:
    """Exchange the refresh token for a new token and write the file as wrangler does.

    Another process may have refreshed meanwhile: the file is read again first, and last the new
    tokens replace it atomically under the same mode. Raises CannotKnow.
    """
    login = read_login(environ)
    if not login.expired(now):
        return login
    if not login.refresh_token:
        raise _rejected(login)
    if not os.access(login.path.parent, os.W_OK):
        # A refresh token works once: to use it and lose the answer would log the user out.
        raise CannotKnow(
            f"wrangler's login has expired, and {_shown(login.path.parent)} cannot be written to, which is "
            "needed to refresh it.",
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
            next="Try again, or set CLOUDFLARE_API_TOKEN",
        )
    token = body.get("access_token")
    if status >= 400 or not isinstance(token, str) or not token:
        raise _rejected(login)
    seconds = body.get("expires_in")
    renewed = replace(
        login,
        token=token,
        refresh_token=str(body.get("refresh_token") or login.refresh_token),
        expires=now + timedelta(seconds=float(seconds) if isinstance(seconds, (int, float)) else 0),
        scopes=tuple(str(body["scope"]).split()) if body.get("scope") else login.scopes,
    )
    write_login(renewed)
    return renewed


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
            next=HOW_TO.replace("(or log in with: wrangler login)", "(or: wrangler login --no-use-keyring)"),
        )
    return no_credentials()


def _rejected(login: Login) -> CannotKnow:
    return CannotKnow(
        f"wrangler's login ({_shown(login.path)}) has expired and cannot be refreshed.",
        next="wrangler login",
    )


def _shown(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)
