"""The Supabase worlds of the pages stand on the session's server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.docs import docsworlds_postgres


@pytest.fixture(scope="session")
def documented_servers(pg_server: Callable[..., ShadowServer]) -> None:
    """Nothing is started before the first of them is built."""
    docsworlds_postgres.use(lambda: pg_server(docsworlds_postgres.MAJOR, supabase()))
