"""The Supabase worlds of the pages stand on the session's server."""

from __future__ import annotations

from collections.abc import Callable

import docsworlds_postgres
import pytest

from landed.shadow.postgres.baseline import supabase
from landed.shadow.postgres.servers import ShadowServer


@pytest.fixture(scope="session", autouse=True)
def documented_servers(pg_server: Callable[..., ShadowServer]) -> None:
    """Nothing is started before the first of them is built."""
    docsworlds_postgres.use(lambda: pg_server(docsworlds_postgres.MAJOR, supabase()))
