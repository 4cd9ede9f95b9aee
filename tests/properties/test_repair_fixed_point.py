"""``repair`` then ``status`` is a fixed point, whatever was deleted from or inserted into the ledger."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landed.core.standing import Standing
from landed.ops.repair import plan_repair, run_repair
from support.worlds import histories
from support.worlds.world import World

NAMES = [n for n in histories.names() if (histories.MADE / n).is_dir()]
SETTLED = {Standing.OK, Standing.UNPROVABLE, Standing.PENDING, Standing.UNKNOWN, Standing.OUT_OF_ORDER}
STRANGER = "0000_of_another_branch.sql"


@cache
def applied(name: str, reach: int) -> World:
    """A project with the first files of a history applied; copied for every example."""
    folder = histories.folder(name)
    files = {p.name: p.read_text("utf-8") for p in sorted(folder.iterdir())}
    world = World(Path(tempfile.mkdtemp()) / "project", files)
    if reach:
        world.apply(to=sorted(files)[reach - 1])
    else:
        world.sql(
            "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at)"
        )
    return world


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(NAMES), data=st.data())
def test_a_second_repair_has_nothing_to_do(name: str, data: st.DataObject) -> None:
    files = sorted(p.name for p in histories.folder(name).iterdir())
    reach = data.draw(st.integers(0, len(files)), label="files applied")
    removed = data.draw(st.sets(st.sampled_from(files)), label="rows deleted")
    added = data.draw(st.sets(st.sampled_from([*files, STRANGER])), label="rows inserted")
    with tempfile.TemporaryDirectory() as folder:
        template = applied(name, reach)
        shutil.copytree(template.folder, Path(folder) / "project")
        world = World(Path(folder) / "project", {})
        for row in removed:
            world.sql(f"DELETE FROM d1_migrations WHERE name = '{row}'")
        for row in sorted(added - (set(world.ledger()))):
            world.sql(f"INSERT INTO d1_migrations (name) VALUES ('{row}')")

        before = world.examine()
        plan = plan_repair(before)
        run_repair(before, plan)
        after = world.examine()
        assert dict(after.facts) == dict(before.facts)
        again = plan_repair(after)
        assert again.changes == (), (plan.changes, again.changes)
        refused = {who for who, _ in again.refused}
        for judgement in after.judgements:
            assert judgement.standing in SETTLED or judgement.name in refused, judgement
        assert len(world.ledger()) == len(set(world.ledger()))
        ran = {n for n in files[:reach] if after.step(n).net}
        assert ran - refused <= set(world.ledger()), "a file that has landed is recorded"
