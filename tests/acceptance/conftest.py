"""What the acceptance tests share: landed as a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.clients.supabase_cli import supabase_target, supabase_tcp, supabase_world  # noqa: F401  (fixtures)
from support.process.landed_process import Landed


@pytest.fixture
def landed(tmp_path: Path) -> Callable[..., Landed]:
    """A factory: ``landed(folder)`` runs landed there; further keywords are environment variables."""

    def make(folder: Path, **environ: str) -> Landed:
        return Landed(folder, tmp_path / "landed-cache", **environ)

    return make
