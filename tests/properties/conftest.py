"""Properties replay many small histories: their cache is a temporary folder of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDED_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
