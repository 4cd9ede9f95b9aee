"""doctor on a remote database: what is in force, who said so, and where it stops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from landed.core.check import Check, Level
from landed.ops.doctor import diagnose
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
