"""Credentials: who wins, where they came from, wrangler's login, and that no secret is ever shown."""

from __future__ import annotations

import os
import stat
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from landed.core.errors import CannotKnow, ConfigError
from landed.engines.d1.auth import Variables, find_credentials, half_a_pair
from landed.engines.d1.login import CLIENT_ID, login_folder, read_login, refresh, token_url

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def variables(environ: dict[str, str], *folders: Path) -> Variables:
    return Variables(environ, folders)


def write_login(home: Path, *, token: str = "oauth-S", renew: str = "renew-S", hours: int = -1) -> Path:
    folder = home / ".wrangler" / "config"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "default.toml"
    when = (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    path.write_text(
        f'oauth_token = "{token}"\nexpiration_time = "{when}"\nrefresh_token = "{renew}"\n'
        'scopes = [ "account:read", "d1:write", "offline_access" ]\n'
    )
    path.chmod(0o600)
    return path


class TestVariables:
    def test_a_token(self) -> None:
        found = find_credentials(variables({"CLOUDFLARE_API_TOKEN": " tok-S "}))
        assert found is not None
        assert (found.kind, found.origin) == ("token", "environment CLOUDFLARE_API_TOKEN")
        assert found.headers() == {"Authorization": "Bearer tok-S"}
        assert "tok-S" not in repr(found)

    def test_key_and_e_mail_win_over_a_token(self) -> None:
        found = find_credentials(
            variables(
                {"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_API_KEY": "key-S", "CLOUDFLARE_EMAIL": "a@b.c"}
            )
        )
        assert found is not None
        assert found.headers() == {"X-Auth-Key": "key-S", "X-Auth-Email": "a@b.c"}
        assert "key-S" not in repr(found)
        assert "a@b.c" not in repr(found)

    def test_a_key_alone_does_not(self) -> None:
        given = variables({"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_API_KEY": "k"})
        found = find_credentials(given)
        assert found is not None
        assert found.kind == "token"
        assert "without CLOUDFLARE_EMAIL" in str(half_a_pair(given))

    def test_deprecated_names(self) -> None:
        found = find_credentials(variables({"CF_API_KEY": "k", "CF_EMAIL": "a@b.c"}))
        assert found is not None
        assert found.origin == "environment CF_API_KEY and environment CF_EMAIL"

    def test_the_environment_wins_over_dotenv_and_an_empty_variable_is_none(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("CLOUDFLARE_API_TOKEN=from-file\n")
        wins = find_credentials(variables({"CLOUDFLARE_API_TOKEN": "from-env"}, tmp_path))
        file = find_credentials(variables({"CLOUDFLARE_API_TOKEN": ""}, tmp_path))
        assert wins is not None and wins.secret == "from-env"
        assert file is not None and (file.secret, file.origin) == ("from-file", ".env CLOUDFLARE_API_TOKEN")

    def test_none(self) -> None:
        assert find_credentials(variables({})) is None

    @pytest.mark.parametrize("value", ["two words", "line\nbreak", "café", "\u201cquoted\u201d"])
    def test_what_no_header_can_carry_is_refused_unseen(self, value: str) -> None:
        with pytest.raises(ConfigError) as raised:
            find_credentials(variables({"CLOUDFLARE_API_TOKEN": value}))
        assert value not in repr(vars(raised.value)) + str(raised.value)


class TestLogin:
    def test_the_home_folder_wins_over_xdg(self, tmp_path: Path) -> None:
        environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
        assert login_folder(environ) == tmp_path / "xdg" / ".wrangler"
        (tmp_path / ".wrangler").mkdir()
        assert login_folder(environ) == tmp_path / ".wrangler"

    def test_reading(self, tmp_path: Path) -> None:
        write_login(tmp_path, hours=1)
        login = read_login({"HOME": str(tmp_path)})
        assert (login.token, login.refresh_token) == ("oauth-S", "renew-S")
        assert not login.expired(NOW)
        assert login.expired(NOW + timedelta(hours=1))
        assert "oauth-S" not in repr(login) and "renew-S" not in repr(login)
        assert login.credentials().headers() == {"Authorization": "Bearer oauth-S"}

    def test_none_says_how_to_make_a_token(self, tmp_path: Path) -> None:
        with pytest.raises(CannotKnow, match="no Cloudflare credentials") as raised:
            read_login({"HOME": str(tmp_path)})
        assert "dash.cloudflare.com/profile/api-tokens" in str(raised.value.next)

    def test_only_the_keyring_has_it(self, tmp_path: Path) -> None:
        folder = tmp_path / ".wrangler" / "config"
        folder.mkdir(parents=True)
        (folder / "default.enc").write_text("{}")
        with pytest.raises(CannotKnow, match="keyring") as raised:
            read_login({"HOME": str(tmp_path)})
        assert "api-tokens" in str(raised.value.next)

    def test_a_broken_file_is_not_quoted(self, tmp_path: Path) -> None:
        write_login(tmp_path).write_text('oauth_token = "oauth-S\n')
        with pytest.raises(CannotKnow) as raised:
            read_login({"HOME": str(tmp_path)})
        assert "oauth-S" not in repr(vars(raised.value)) + str(raised.value.__context__ and "")

    def test_a_profile(self, tmp_path: Path) -> None:
        path = write_login(tmp_path, token="mine", hours=1)
        path.rename(path.with_name("work.toml"))
        login = read_login({"HOME": str(tmp_path)}, "work")
        assert login.token == "mine"
        assert "profile work" in login.credentials().origin


class TestRefreshing:
    def refreshed(self, tmp_path: Path, status: int, body: Any) -> tuple[Any, list[Any]]:
        sent: list[Any] = []

        def post(url: str, fields: Any) -> tuple[int, Any]:
            sent.append((url, dict(fields)))
            return status, body

        environ = {"HOME": str(tmp_path)}
        return refresh(read_login(environ), post, environ, NOW), sent

    def test_an_expired_login_is_renewed_and_written_back(self, tmp_path: Path) -> None:
        path = write_login(tmp_path)
        answer = {
            "access_token": "new-S",
            "refresh_token": "next-S",
            "expires_in": 3600,
            "scope": "d1:write x",
        }
        login, sent = self.refreshed(tmp_path, 200, answer)
        assert sent == [
            (
                "https://dash.cloudflare.com/oauth2/token",
                {"grant_type": "refresh_token", "refresh_token": "renew-S", "client_id": CLIENT_ID},
            )
        ]
        assert login.token == "new-S"
        assert tomllib.loads(path.read_text()) == {
            "oauth_token": "new-S",
            "expiration_time": "2026-11-22T13:00:00.000Z",
            "refresh_token": "next-S",
            "scopes": ["d1:write", "x"],
        }
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert sorted(p.name for p in path.parent.iterdir()) == ["default.toml"]
        assert read_login({"HOME": str(tmp_path)}) == login

    def test_the_old_refresh_token_stays_where_no_new_one_comes(self, tmp_path: Path) -> None:
        path = write_login(tmp_path)
        self.refreshed(tmp_path, 200, {"access_token": "new-S", "expires_in": 60})
        found = tomllib.loads(path.read_text())
        assert found["refresh_token"] == "renew-S"
        assert found["scopes"] == ["account:read", "d1:write", "offline_access"]

    def test_another_process_was_faster(self, tmp_path: Path) -> None:
        write_login(tmp_path)
        old = read_login({"HOME": str(tmp_path)})
        write_login(tmp_path, token="theirs", hours=2)
        environ = {"HOME": str(tmp_path)}
        login = refresh(old, lambda url, fields: pytest.fail("asked"), environ, NOW)
        assert login.token == "theirs"

    @pytest.mark.parametrize(("status", "body"), [(400, {"error": "invalid_grant"}), (200, {})])
    def test_a_refusal_leaves_the_file_as_it_is(self, tmp_path: Path, status: int, body: Any) -> None:
        path = write_login(tmp_path)
        before = path.read_bytes()
        with pytest.raises(CannotKnow, match="cannot be refreshed") as raised:
            self.refreshed(tmp_path, status, body)
        assert raised.value.next == "wrangler login"
        assert path.read_bytes() == before

    def test_the_server_is_down(self, tmp_path: Path) -> None:
        path = write_login(tmp_path)
        before = path.read_bytes()
        with pytest.raises(CannotKnow, match="login server answered with an error"):
            self.refreshed(tmp_path, 502, None)
        assert path.read_bytes() == before

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind this user")
    def test_a_token_is_not_spent_where_the_answer_cannot_be_kept(self, tmp_path: Path) -> None:
        path = write_login(tmp_path)
        path.parent.chmod(0o500)
        try:
            with pytest.raises(CannotKnow, match="cannot be written"):
                self.refreshed(tmp_path, 200, {"access_token": "lost"})
        finally:
            path.parent.chmod(0o700)

    def test_wranglers_variables_for_the_address(self) -> None:
        assert token_url({"WRANGLER_TOKEN_URL": "https://x.example/t"}) == "https://x.example/t"
        assert token_url({"WRANGLER_AUTH_DOMAIN": "d.example"}) == "https://d.example/oauth2/token"
