"""What all tests share: versions in pytest's header, the real wrangler, deterministic properties."""

from __future__ import annotations

import contextlib
import json
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw
import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from support import ROOT
from support.clients.wrangler import DATABASE_ID, MiniflareD1, NotInstalled, Wrangler, node, package_version
from support.servers.pgpoolers import pooled, says  # noqa: F401  (fixtures)
from support.servers.pgservers import pg_server  # noqa: F401  (a fixture)
from support.worlds.pgwriting import pg_world  # noqa: F401  (a fixture)

set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
hypothesis.settings.register_profile("landed", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("landed")

CORPUS = Path(__file__).parent / "data" / "corpus" / "d1"


def pytest_report_header() -> list[str]:
    """The versions that results depend on."""
    try:
        version = subprocess.run([node(), "--version"], capture_output=True, text=True).stdout.strip()
        tools = ", ".join(f"{name} {package_version(name)}" for name in ("wrangler", "miniflare"))
        client = f"{tools}, node {version}"
    except NotInstalled as absent:
        client = f"wrangler: {absent}"
    engine = (
        f"python {platform.python_version()}, apsw {apsw.apsw_version()}, SQLite {apsw.sqlite_lib_version()}"
    )
    return [engine, client]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """``-m "not wrangler"`` leaves out what starts the real client, ``-m "not server"`` a Postgres."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if {"wrangler_project", "miniflare_d1"} & used:
            item.add_marker(pytest.mark.wrangler)
        if "pg_server" in used:
            item.add_marker(pytest.mark.server)


@pytest.fixture
def corpus() -> Path:
    """The folder of the real D1 projects; read only, copy before use."""
    return CORPUS


@pytest.fixture
def wrangler_project(tmp_path: Path) -> Callable[..., Wrangler]:
    """A factory of D1 projects in temporary folders, driven by the real wrangler.

    ``wrangler_project({"0001_a.sql": "CREATE …;"})`` writes ``wrangler.jsonc`` and the migrations (text or
    bytes) and returns the driver; ``name`` is the folder, further keywords go into ``d1_databases[0]``
    (``migrations_dir``, ``migrations_table``, ``preview_database_id``, …).
    """

    def make(
        migrations: Mapping[str, str | bytes] | None = None, *, name: str = "project", **d1: Any
    ) -> Wrangler:
        folder = tmp_path / name
        folder.mkdir()
        database = {"binding": "DB", "database_name": "test-db", "database_id": DATABASE_ID, **d1}
        config = {"name": "landed-test", "compatibility_date": "2026-01-01", "d1_databases": [database]}
        (folder / "wrangler.jsonc").write_text(json.dumps(config, indent=2), encoding="utf-8")
        into = folder / database.get("migrations_dir", "migrations")
        into.mkdir(parents=True)
        for relative, content in (migrations or {}).items():
            file = into / relative
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return Wrangler(folder)

    return make


@pytest.fixture
def miniflare_d1(tmp_path: Path) -> Iterator[Callable[..., MiniflareD1]]:
    """A factory of running :class:`MiniflareD1`, by default on an empty state folder."""
    with contextlib.ExitStack() as running:

        def start(state_dir: Path | None = None, database_id: str = DATABASE_ID) -> MiniflareD1:
            return running.enter_context(MiniflareD1(state_dir or tmp_path / "state", database_id))

        yield start
