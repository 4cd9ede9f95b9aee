"""Fixtures of several modules: a hostile API, and a project that is led to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers.hostile_api import Hostile
from support.servers.hostile_attacks import FILES, TARGET, UUID, landed_in, project


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with Hostile() as server:
        yield server


@pytest.fixture(scope="module")
def api_world(tmp_path_factory: pytest.TempPathFactory, hostile: Hostile) -> Path:
    """A project with one file that is applied and one that is pending."""
    hostile.healthy()
    folder = project(tmp_path_factory.mktemp("api"), database_id=UUID)
    landed_in(folder, hostile)(*TARGET, "apply", "--yes")
    (folder / "migrations" / "0002_b.sql").write_text(FILES["0002_b.sql"], encoding="utf-8")
    return folder
