"""doctor on a remote database: what is in force, who said so, and where it stops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from landed.core.check import Check, Level
from landed.ops.doctor import diagnose
from landed.ops.examine import examine
from landed.ops.workspace import open_workspace
from landed.report.heading import headline
from support.servers.d1_wire import ACCOUNT, SECRET, UUID, Wire, refuse


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running


def checks(folder: Path, wire: Wire, **environ: str) -> dict[str, Check]:
    entry = {"binding": "DB", "database_name": "db", "database_id": UUID}
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry]}))
    (folder / "migrations").mkdir(exist_ok=True)
    given = {
        "CLOUDFLARE_API_BASE_URL": wire.url,
        "CLOUDFLARE_API_TOKEN": SECRET,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "HOME": str(folder),
        **environ,
    }
    found = diagnose(folder, "d1:remote", {}, {k: v for k, v in given.items() if v})
    assert SECRET not in repr(found)
    return {c.code: c for c in found.checks}


def test_all_is_well(tmp_path: Path, wire: Wire) -> None:
    wire.execute("CREATE TABLE t (a)")
    found = checks(tmp_path, wire)
    assert found["credentials"].value == "an API token"
    assert found["credentials"].origin == "environment CLOUDFLARE_API_TOKEN"
    assert (found["account"].value, found["account"].origin) == (ACCOUNT, "environment CLOUDFLARE_ACCOUNT_ID")
    assert found["database"].value == f"db  {UUID}"
    assert str(found["readable"].value).startswith("1 tables")
    assert found["table"].value == "d1_migrations, not there yet"
    assert not [c for c in found.values() if c.level is Level.ERROR]


def test_no_credentials(tmp_path: Path, wire: Wire) -> None:
    found = checks(tmp_path, wire, CLOUDFLARE_API_TOKEN="")
    assert found["credentials"].level is Level.ERROR
    assert "wrangler login" in str(found["credentials"].next)
    assert "readable" not in found
    assert wire.asked == []


def test_a_refused_token(tmp_path: Path, wire: Wire) -> None:
    wire.faults = {1: refuse(401, 10000, "Authentication error")}
    found = checks(tmp_path, wire)
    assert found["readable"].level is Level.ERROR
    assert "environment CLOUDFLARE_API_TOKEN" in str(found["readable"].problem)


def test_only_selects_are_sent(tmp_path: Path, wire: Wire) -> None:
    checks(tmp_path, wire)
    assert all(sql.startswith("SELECT ") for asked in wire.asked for sql in asked.sql)


def test_the_profile_of_wrangler_is_named(tmp_path: Path, wire: Wire) -> None:
    folder = tmp_path / ".wrangler"
    for name in ("config", "profiles"):
        (folder / name).mkdir(parents=True)
    login = 'oauth_token = "work-S"\nexpiration_time = "2099-01-01T00:00:00.000Z"\n'
    (folder / "config" / "work.toml").write_text(login)
    (folder / "profiles" / "directory-bindings.json").write_text(json.dumps({str(tmp_path): "work"}))
    found = checks(tmp_path, wire, CLOUDFLARE_API_TOKEN="")
    assert found["credentials"].value == "wrangler's own login"
    assert "wrangler's login, profile work (" in str(found["credentials"].origin)
    assert (found["profile"].value, found["profile"].origin) == ("work", f"wrangler's binding of {tmp_path}")


def test_the_only_account_is_named(tmp_path: Path, wire: Wire) -> None:
    wire.extra["GET", "/accounts"] = [{"id": ACCOUNT, "name": "Mine \x1b[2J"}]
    found = checks(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID="")
    assert found["account"].value == f"{ACCOUNT}  Mine [2J"
    assert "profile" not in found


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, f"account {ACCOUNT} · an API token"),
        ({"CLOUDFLARE_ACCOUNT_ID": ""}, f"account {ACCOUNT} (Mine) · an API token"),
        (
            {"CLOUDFLARE_API_TOKEN": "", "CLOUDFLARE_AUTH_PROFILE": "work"},
            f"account {ACCOUNT} · wrangler's profile work",
        ),
        (
            {"CLOUDFLARE_API_KEY": "k3y", "CLOUDFLARE_EMAIL": "me@example.invalid"},
            f"account {ACCOUNT} · a global API key",
        ),
    ],
)
def test_headlines_name_the_account(tmp_path: Path, wire: Wire, environ: dict[str, str], line: str) -> None:
    wire.extra["GET", "/accounts"] = [{"id": ACCOUNT, "name": "Mine"}]
    config = tmp_path / ".wrangler" / "config"
    config.mkdir(parents=True)
    login = 'oauth_token = "work-S"\nexpiration_time = "2099-01-01T00:00:00.000Z"\n'
    (config / "work.toml").write_text(login)
    checks(tmp_path, wire)
    given = {
        "CLOUDFLARE_API_BASE_URL": wire.url,
        "CLOUDFLARE_API_TOKEN": SECRET,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "HOME": str(tmp_path),
        **environ,
    }
    space = open_workspace(tmp_path, "d1:remote", {}, {k: v for k, v in given.items() if v})
    assert space.engine.asked_as == ""
    first, account, files = headline(examine(space))
    assert (first, account) == (f"D1 DB (REMOTE)  db  {UUID}", line)
    assert files.startswith("0 files")
