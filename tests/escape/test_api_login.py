"""Answers of the server that refreshes a login, and what lies in the place of its file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from landed.core.errors import CannotKnow
from landed.engines.d1.auth import Variables
from landed.engines.d1.connect import Session
from support.servers.d1_wire import SECRET
from support.servers.hostile_api import Hostile
from support.servers.hostile_attacks import ONE, PATH, body, shows


def login(home: Path, token: str = SECRET) -> Path:
    file = home / ".wrangler" / "config" / "default.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f'oauth_token = "{token}"\nexpiration_time = "2001-01-01T00:00:00.000Z"\n'
        f'refresh_token = "{token}-again"\n'
    )
    return file


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "a\nX-Evil: b"},
        {"access_token": "é"},
        {"access_token": 7},
        {"access_token": "x" * 100_000},
        {"access_token": "x", "refresh_token": 'a"\nb = "c'},
        {"access_token": "x", "refresh_token": {"a": 1}},
        {"access_token": "\ud800"},
        {"error": SECRET, "access_token": None},
        [],
        SECRET,
    ],
    ids=lambda answer: str(answer)[:40].encode("ascii", "replace").decode(),
)
def test_a_refreshed_login_is_held_to_its_form(tmp_path: Path, hostile: Hostile, answer: Any) -> None:
    hostile.healthy()
    file = login(tmp_path)
    before = file.read_text()
    hostile.attack = body(json.dumps(answer).encode())
    environ = {"HOME": str(tmp_path), "WRANGLER_TOKEN_URL": f"{hostile.url}/token",
               "CLOUDFLARE_API_BASE_URL": hostile.url}  # fmt: skip
    session = Session(Variables(environ), lambda text: None, tmp_path)
    with pytest.raises(CannotKnow) as raised:
        session.api.read(PATH, ONE, what="it")
    assert not shows(f"{raised.value.message} {raised.value.details}")
    assert file.read_text() == before
    assert len(hostile.asked) == 1


@pytest.mark.parametrize("seconds", [1e308, -1e308, 0, "x", True, [], 10**4000])
def test_how_long_a_login_lasts_is_within_reason(tmp_path: Path, hostile: Hostile, seconds: Any) -> None:
    hostile.healthy()
    file = login(tmp_path)
    hostile.aims_at = lambda asked: asked.path == "/token"
    hostile.attack = body(json.dumps({"access_token": "fresh", "expires_in": seconds, "scope": 7}).encode())
    environ = {"HOME": str(tmp_path), "WRANGLER_TOKEN_URL": f"{hostile.url}/token",
               "CLOUDFLARE_API_BASE_URL": hostile.url}  # fmt: skip
    session = Session(Variables(environ), lambda text: None, tmp_path)
    assert session.api.read(PATH, ONE, what="it")
    assert hostile.asked[-1].headers["authorization"] == "Bearer fresh"
    assert 'oauth_token = "fresh"' in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_pipe_in_the_place_of_a_login_is_not_read(tmp_path: Path) -> None:
    file = login(tmp_path)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(CannotKnow, match="no Cloudflare credentials"):
        Session(Variables({"HOME": str(tmp_path)}), lambda text: None, tmp_path)
