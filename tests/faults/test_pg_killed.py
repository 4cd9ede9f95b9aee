"""``landed apply`` killed with SIGKILL at every answer of Postgres that it waits for, and at every COMMIT.

``before``: the message that ends a round trip has not reached the server; ``after``: the server has answered,
and landed is killed before it hears it. Then everything else: a server that is stopped at once in mid-file,
a session that an administrator ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pgfaults import FILES, Project, project_on

from landed.shadow.postgres.servers import ShadowServer


@pytest.fixture(scope="module")
def project(
    pg_server: Callable[..., ShadowServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    with project_on(pg_server(18), tmp_path_factory.mktemp("killed")) as made:
        yield made


def test_killed_at_every_round_trip(project: Project) -> None:
    project.fresh()
    assert project.landed("apply", "--yes").code == 0
    points, ends = list(project.proxy.points), sorted(set(project.proxy.ends))
    assert project.truth().recorded == [name[:4] for name in FILES]
    assert len(ends) > 15
    wrong = []
    states = set()
    for at in ends:
        for when in ("before", "after"):
            project.fresh()
            cuts = project.proxy.cuts
            project.proxy.disturb(at, when, victim=project.process)  # type: ignore[arg-type]
            done = project.landed("apply", "--yes")
            assert (done.code, project.proxy.cuts) == (-9, cuts + 1), (points[at - 1], done)
            project.proxy.disturb()
            truth = project.truth()
            states.add(repr(truth))
            try:
                project.hold(truth)
                project.told_and_finished(truth)
            except AssertionError as problem:
                wrong.append(f"killed {when} message {at} of {len(points)}: {points[at - 1][:80]}\n{problem}")
    assert not wrong, "\n\n".join(wrong)
    assert len(states) == 1 + sum(len(file.units) for file in FILES.values()), "every commit is a state"
