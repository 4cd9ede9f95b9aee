"""What demo says of wrangler's history and of wrangler's way, held against the real wrangler."""

from pathlib import Path

import pytest

from landed.demo import d1 as worlds
from support.clients.wrangler import Wrangler

pytestmark = pytest.mark.wrangler


def test_wrangler_lists_what_the_demo_says_it_lists(tmp_path: Path) -> None:
    forgotten = worlds.forgotten(tmp_path / "1")
    wrangler = Wrangler(forgotten.folder)
    assert wrangler.list_unapplied("DB") == forgotten.waiting("DB") == []
    assert wrangler.list_unapplied("PROD") == forgotten.waiting("PROD") == ["0003_region.sql"]
    untrue = worlds.recorded_only(tmp_path / "2")
    assert Wrangler(untrue.folder).list_unapplied("DB") == untrue.waiting("DB") == []


def test_wrangler_deletes_the_rows_that_the_demo_says_it_deletes(tmp_path: Path) -> None:
    world = worlds.cascading(tmp_path / "3")
    wrangler = Wrangler(world.folder)
    assert wrangler.list_unapplied("DB") == world.waiting("DB") == ["0003_unique_email.sql"]
    simulated = world.copy(tmp_path / "copy")
    simulated.platform_apply("DB", "0003_unique_email.sql")
    wrangler.apply("DB").check()
    assert world.count("DB", "posts") == simulated.count("DB", "posts") == 0
    assert world.waiting("DB") == simulated.waiting("DB") == []
