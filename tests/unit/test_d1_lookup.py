"""Which account and database are meant, and how a project becomes a connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.core.errors import CannotKnow, ConfigError, LandedError, UsageError
from landed.ops.workspace import Workspace, open_workspace
from support.servers.d1_wire import ACCOUNT, SECRET, UUID, Wire, refuse


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running


def project(folder: Path, top: dict[str, Any] | None = None, **database: Any) -> Path:
    entry = {"binding": "MY_DB", **database}
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry], **(top or {})}))
    (folder / "migrations").mkdir(exist_ok=True)
    return folder


def workspace(folder: Path, wire: Wire, target: str = "d1:remote", **environ: str) -> Workspace:
    given = {
        "CLOUDFLARE_API_BASE_URL": wire.url,
        "CLOUDFLARE_API_TOKEN": SECRET,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "HOME": str(folder),
        **environ,
    }
    return open_workspace(folder, target, {}, {k: v for k, v in given.items() if v})


def place(folder: Path, wire: Wire, **environ: str) -> Any:
    target: Any = workspace(folder, wire, **environ).target
    return target.connected.place


class TestAccount:
    def test_the_configuration_wins(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, {"account_id": "from-config"}, database_id=UUID)
        assert place(tmp_path, wire).account == "from-config"
        assert wire.asked == []

    def test_an_environment_has_its_own_or_inherits(self, tmp_path: Path, wire: Wire) -> None:
        entry = {"binding": "DB", "database_id": UUID}
        top = {
            "account_id": "top",
            "env": {"a": {"account_id": "own", "d1_databases": [entry]}, "b": {"d1_databases": [entry]}},
        }
        project(tmp_path, top, database_id=UUID)
        for env, expected in (("a", "own"), ("b", "top")):
            assert place(tmp_path, wire, CLOUDFLARE_ENV=env).account == expected

    def test_the_environment_variable(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        assert place(tmp_path, wire).account == ACCOUNT
        assert wire.asked == []

    def test_the_only_one(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = [{"id": "only", "name": "Mine"}]
        assert place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="").account == "only"

    def test_by_membership(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = []
        wire.extra["GET", "/memberships"] = [{"account": {"id": "member", "name": "Ours"}}]
        assert place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="").account == "member"

    def test_several_are_listed(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = [{"id": "a1", "name": "One"}, {"id": "a2", "name": "Two"}]
        with pytest.raises(UsageError, match="good for 2 accounts") as raised:
            place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="")
        assert raised.value.details[:2] == ("a1  One", "a2  Two")
        assert "not exactly one has it" in raised.value.details[2]
        assert "CLOUDFLARE_ACCOUNT_ID=a1" in str(raised.value.next)

    def test_none_at_all(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = wire.extra["GET", "/memberships"] = []
        with pytest.raises(CannotKnow, match="show no account"):
            place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="")

    def test_one_that_would_lead_elsewhere(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, {"account_id": "../../user"}, database_id=UUID)
        with pytest.raises(ConfigError, match="no account id"):
            place(tmp_path, wire)

    @pytest.mark.parametrize(
        ("having", "found"),
        [(("a1",), "a1"), (("a3",), "a3"), ((), None), (("a1", "a2"), None), (("a2",), "a2")],
    )
    def test_each_is_asked_for_the_id(
        self, tmp_path: Path, wire: Wire, having: tuple[str, ...], found: str | None
    ) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = [{"id": f"a{n}", "name": ""} for n in (1, 2, 3)]
        for account in having:
            wire.extra["GET", f"/accounts/{account}/d1/database/{UUID}"] = {"uuid": UUID, "name": "db"}
        if found is None:
            with pytest.raises(UsageError, match="good for 3 accounts"):
                place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="")
        else:
            assert place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="").account == found
        assert len(wire.asked) == 4

    def test_one_that_cannot_be_asked_may_be_the_one(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = [{"id": "a1", "name": ""}, {"id": "a2", "name": ""}]
        wire.extra["GET", f"/accounts/a1/d1/database/{UUID}"] = {"uuid": UUID, "name": "db"}
        wire.faults[3] = refuse(403, 10000, "no")
        with pytest.raises(UsageError, match="good for 2 accounts") as raised:
            place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="")
        assert any(d.startswith("a2: ") for d in raised.value.details)

    @pytest.mark.parametrize("at", [1, 2])
    def test_a_token_of_an_account_is_told_to_name_it(self, tmp_path: Path, wire: Wire, at: int) -> None:
        project(tmp_path, database_id=UUID)
        wire.extra["GET", "/accounts"] = []
        wire.faults[at] = refuse(400, 9106, "Authentication failed")
        with pytest.raises(CannotKnow, match="show no account") as raised:
            place(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="")
        assert "export CLOUDFLARE_ACCOUNT_ID" in str(raised.value.next)


class TestRegion:
    @pytest.mark.parametrize(
        ("configured", "variable", "host"),
        [
            (None, "", "api.cloudflare.com"),
            ("public", "", "api.cloudflare.com"),
            ("fedramp_high", "", "api.fed.cloudflare.com"),
            (None, "fedramp_high", "api.fed.cloudflare.com"),
            ("fedramp_high", "fedramp_high", "api.fed.cloudflare.com"),
            ("public", "fedramp_high", None),
            ("mars", "", None),
        ],
    )
    def test_of_the_api(
        self, tmp_path: Path, wire: Wire, configured: str | None, variable: str, host: str | None
    ) -> None:
        project(tmp_path, {"compliance_region": configured} if configured else {}, database_id=UUID)
        target: Any = workspace(
            tmp_path, wire, CLOUDFLARE_API_BASE_URL="", CLOUDFLARE_COMPLIANCE_REGION=variable
        ).target
        if host is None:
            with pytest.raises(ConfigError, match="compliance region"):
                target.connected.api.close()
        else:
            assert target.connected.api.base_url == f"https://{host}/client/v4"


class TestProfile:
    @pytest.mark.parametrize(
        ("bindings", "variable", "token"),
        [
            ({}, "", "default-S"),
            ({"{here}": "work"}, "", "work-S"),
            ({"{up}": "work"}, "", "work-S"),
            ({"{up}": "work", "{here}": "home"}, "", "home-S"),
            ({"{here}x": "work", "/elsewhere": "home"}, "", "default-S"),
            ({"{here}": "work"}, "home", "home-S"),
            ({"{here}": "work"}, "default", "default-S"),
            ({"{here}": 7}, "", "default-S"),
            ("[", "", "default-S"),
        ],
    )
    def test_of_the_folder(
        self, tmp_path: Path, wire: Wire, bindings: Any, variable: str, token: str
    ) -> None:
        here = tmp_path / "up" / "here"
        here.mkdir(parents=True)
        project(here, database_id=UUID)
        config = tmp_path / ".wrangler" / "config"
        config.mkdir(parents=True)
        for name in ("default", "work", "home"):
            (config / f"{name}.toml").write_text(
                f'oauth_token = "{name}-S"\nexpiration_time = "2099-01-01T00:00:00.000Z"\n'
            )
        (tmp_path / ".wrangler" / "profiles").mkdir()
        text = bindings if isinstance(bindings, str) else json.dumps(bindings)
        text = text.replace("{here}", str(here)).replace("{up}", str(here.parent))
        (tmp_path / ".wrangler" / "profiles" / "directory-bindings.json").write_text(text)
        space = workspace(
            here, wire, CLOUDFLARE_API_TOKEN="", HOME=str(tmp_path), CLOUDFLARE_AUTH_PROFILE=variable
        )
        target: Any = space.target
        credentials = target.connected.api.credentials
        assert credentials.secret == token
        assert ("profile" in credentials.origin) is (token != "default-S")

    @pytest.mark.parametrize("name", ["../x", "a b", "staging", "Default", "é"])
    def test_a_name_that_is_none(self, tmp_path: Path, wire: Wire, name: str) -> None:
        project(tmp_path, database_id=UUID)
        with pytest.raises(ConfigError, match="no name of a profile"):
            place(tmp_path, wire, CLOUDFLARE_API_TOKEN="", CLOUDFLARE_AUTH_PROFILE=name)

    def test_one_without_a_login_is_named(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        with pytest.raises(CannotKnow, match="no Cloudflare credentials") as raised:
            place(tmp_path, wire, CLOUDFLARE_API_TOKEN="", CLOUDFLARE_AUTH_PROFILE="work")
        assert "The profile work is meant (environment CLOUDFLARE_AUTH_PROFILE)" in raised.value.details[0]


class TestDatabase:
    def test_by_id_nothing_is_asked(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID, database_name="shop")
        assert place(tmp_path, wire)[1:3] == (UUID, "shop")
        assert wire.asked == []

    def test_by_name(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_name="my shop")
        wire.extra["GET", f"/accounts/{ACCOUNT}/d1/database/my%20shop"] = {"uuid": UUID, "name": "my shop"}
        assert place(tmp_path, wire)[1:3] == (UUID, "my shop")
        assert wire.asked[0].query == {"fields": "uuid,name"}

    def test_by_what_deploy_provisions(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, {"name": "worker"})
        wire.extra["GET", f"/accounts/{ACCOUNT}/d1/database/worker-my-db"] = {
            "uuid": UUID,
            "name": "worker-my-db",
        }
        assert place(tmp_path, wire).database == UUID

    def test_no_such_name(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_name="shop")
        with pytest.raises(CannotKnow, match="no D1 database shop in the account") as raised:
            place(tmp_path, wire)
        assert "wrangler d1 create shop" in str(raised.value.next)

    def test_neither(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path)
        with pytest.raises(ConfigError, match="neither database_id nor database_name"):
            place(tmp_path, wire)

    @pytest.mark.parametrize("given", ["<your id>", "${D1_ID}", "../x", "a/b"])
    def test_a_placeholder_is_not_sent(self, tmp_path: Path, wire: Wire, given: str) -> None:
        project(tmp_path, database_id=given)
        with pytest.raises(ConfigError, match="no id of a database"):
            place(tmp_path, wire)
        assert wire.asked == []


class TestAddress:
    def test_a_dotenv_cannot_lead_the_users_own_credentials_away(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        (tmp_path / ".env").write_text(f"CLOUDFLARE_API_BASE_URL={wire.url}\n")
        with pytest.raises(ConfigError, match="not sent there"):
            place(tmp_path, wire, CLOUDFLARE_API_BASE_URL="")

    def test_but_its_own(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        (tmp_path / ".env").write_text(f"CLOUDFLARE_API_BASE_URL={wire.url}\nCLOUDFLARE_API_TOKEN={SECRET}\n")
        space = workspace(tmp_path, wire, CLOUDFLARE_API_BASE_URL="", CLOUDFLARE_API_TOKEN="")
        assert space.target.read().present
        assert wire.asked[0].headers["authorization"] == f"Bearer {SECRET}"

    def test_no_credentials(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        with pytest.raises(CannotKnow, match="no Cloudflare credentials") as raised:
            place(tmp_path, wire, CLOUDFLARE_API_TOKEN="", CLOUDFLARE_API_KEY="k")
        assert any("without CLOUDFLARE_EMAIL" in d for d in raised.value.details)

    @pytest.mark.parametrize("given", ["soon", "0", "-1", "nan"])
    def test_a_time_out_that_is_none(self, tmp_path: Path, wire: Wire, given: str) -> None:
        project(tmp_path, database_id=UUID)
        with pytest.raises(ConfigError, match="LANDED_TIMEOUT"):
            place(tmp_path, wire, LANDED_TIMEOUT=given)


class TestLogin:
    def test_an_expired_login_is_refreshed_once_and_used(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        folder = tmp_path / ".wrangler" / "config"
        folder.mkdir(parents=True)
        path = folder / "default.toml"
        path.write_text(
            'oauth_token = "old-S"\nexpiration_time = "2020-01-01T00:00:00.000Z"\nrefresh_token = "renew-S"\n'
        )
        answer = {"access_token": "fresh-S", "refresh_token": "next-S", "expires_in": 3600}
        wire.faults[1] = lambda w, a: (200, {"content-type": "application/json"}, json.dumps(answer).encode())
        token_url = wire.url.removesuffix("/client/v4") + "/oauth2/token"
        space = workspace(tmp_path, wire, CLOUDFLARE_API_TOKEN="", WRANGLER_TOKEN_URL=token_url)
        space.target.read()
        space.target.read()
        assert [a.headers.get("authorization") for a in wire.asked] == [
            None, "Bearer fresh-S", "Bearer fresh-S", "Bearer fresh-S", "Bearer fresh-S",
        ]  # fmt: skip
        assert "grant_type=refresh_token&refresh_token=renew-S" in wire.asked[0].body
        assert "next-S" in path.read_text()

    def test_a_refresh_that_fails_shows_no_token(self, tmp_path: Path, wire: Wire) -> None:
        project(tmp_path, database_id=UUID)
        folder = tmp_path / ".wrangler" / "config"
        folder.mkdir(parents=True)
        (folder / "default.toml").write_text('oauth_token = "old-S"\nrefresh_token = "renew-S"\n')
        wire.faults[1] = lambda w, a: (400, {}, b'{"error":"invalid_grant","hint":"renew-S"}')
        token_url = wire.url.removesuffix("/client/v4") + "/oauth2/token"
        space = workspace(tmp_path, wire, CLOUDFLARE_API_TOKEN="", WRANGLER_TOKEN_URL=token_url)
        with pytest.raises(LandedError, match="cannot be refreshed") as raised:
            space.target.read()
        assert "-S" not in repr(vars(raised.value)) + repr(raised.value.__cause__) + str(raised.value)
