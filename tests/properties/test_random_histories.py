"""Random small histories: after k files and j statements by hand, landed knows where it is and finishes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landed.core.advice import resume_plan
from landed.core.applied import Consent
from landed.core.errors import NeedsConfirmation
from landed.core.next import Next
from landed.core.standing import Standing
from landed.ops.apply import run_apply
from landed.ops.repair import plan_repair, run_repair
from landed.ops.resume import plan_resume
from support.worlds.random_histories import histories
from support.worlds.world import World

SETTLED = {Standing.OK, Standing.UNPROVABLE}
WAITING = {Standing.PENDING, Standing.UNKNOWN}


def written(files: dict[str, list[str]]) -> dict[str, str]:
    return {name: ";\n".join(statements) + ";\n" for name, statements in files.items()}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(files=histories(), data=st.data())
def test_status_knows_exactly_how_far_it_is(files: dict[str, list[str]], data: st.DataObject) -> None:
    names = list(files)
    reach = data.draw(st.integers(0, len(names)), label="files applied")
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "p", written(files))
        if reach:
            assert world.apply(to=names[reach - 1]) == names[:reach]
        exam = world.examine()
        standings = [j.standing for j in exam.judgements]
        assert set(standings[:reach]) <= SETTLED, standings
        assert set(standings[reach:]) <= WAITING, standings
        for judgement, step in zip(exam.judgements, exam.steps, strict=True):
            # Only a file that cancels itself out may be beyond proof: it leaves nothing.
            assert judgement.standing in (Standing.OK, Standing.PENDING) or not step.net
        assert exam.unexplained == ()


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(files=histories(), data=st.data())
def test_a_file_run_half_way_by_hand_is_finished(files: dict[str, list[str]], data: st.DataObject) -> None:
    names = list(files)
    reach = data.draw(st.integers(0, len(names) - 1), label="files applied")
    done = data.draw(st.integers(0, len(files[names[reach]])), label="statements by hand")
    with tempfile.TemporaryDirectory() as folder:
        clean = World(Path(folder) / "clean", written(files))
        clean.apply()
        world = World(Path(folder) / "p", written(files))
        if reach:
            world.apply(to=names[reach - 1])
        for statement in files[names[reach]][:done]:
            world.sql(statement)
        partial = world.examine()
        standing = partial.judgements[reach].standing
        if standing is Standing.PARTIAL:
            asked = resume_plan(partial.judgements[reach]).undecided  # a copy of rows leaves no trace
            ran = frozenset(number for number in asked if number <= done)
            plan = plan_resume(partial, names[reach], ran=ran, run=frozenset(asked) - ran)
            _agreed(lambda *allow: run_apply(partial, plan, Consent(frozenset(allow))))
        elif standing is Standing.UNRECORDED:
            run_repair(partial, plan_repair(partial, [names[reach]], reason="run by hand"))
        else:
            assert standing in WAITING, standing
        _agreed(world.apply)
        finished = world.examine()
        assert dict(finished.facts) == dict(clean.examine().facts)
        assert world.ledger() == names
        assert {j.standing for j in finished.judgements} <= SETTLED


def _agreed(act: Callable[..., object]) -> None:
    """Do it, with consent to defaults that a rebuild leaves out: nothing else goes, the tables are empty."""
    allow: set[str] = set()
    while (refused := _refusal(act, allow)) is not None:
        assert isinstance(refused.next, Next)
        found = {loss for a in refused.next.actions if a.command for loss in a.command.losses}
        assert found - allow, refused.message
        assert all(loss.startswith("drop-default:") for loss in found), refused.message
        allow |= found


def _refusal(act: Callable[..., object], allow: set[str]) -> NeedsConfirmation | None:
    try:
        act(*allow)
    except NeedsConfirmation as refused:
        return refused
    return None
