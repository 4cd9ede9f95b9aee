"""The connection to Postgres cut at every message of a writing run: landed says what is true, then finishes.

A cut ``before`` a message means that the server never got it; ``after``, that it has done everything up to
its next answer, which nobody hears. Both for every message resp. every answer of an uninterrupted run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.servers.tcpproxy import When
from support.worlds.pgfaults import FILES, Done, Project, Truth, project_on


@pytest.fixture(scope="module")
def project(
    pg_server: Callable[..., ShadowServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    with project_on(pg_server(18), tmp_path_factory.mktemp("cut")) as made:
        yield made


@pytest.fixture(scope="module")
def whole(project: Project) -> tuple[list[str], list[int]]:
    """Messages of an uninterrupted run, and those after which an answer was waited for."""
    project.fresh()
    done = project.landed("apply", "--yes")
    assert done.code == 0, done
    truth = project.truth()
    project.hold(truth)
    assert truth.recorded == [name[:4] for name in FILES]
    points, ends = list(project.proxy.points), sorted(set(project.proxy.ends))
    assert [p for p in points if p == "COMMIT"] and len(points) > 40
    return points, ends


def held_to_the_truth(done: Done, truth: Truth) -> None:
    """What landed said of a disturbed run, beside the database."""
    names = {name[:4]: name for name in FILES}
    if done.code == 0:
        assert [f["outcome"] for f in done.body["files"]] == ["applied"] * len(FILES)
        assert truth.recorded == list(names)
        return
    assert done.code in (1, 3), done
    before = re.search(r"Applied before, proven and recorded: (.*?)\. Not run", done.told)
    claimed = before[1].split(", ") if before else []
    really = [names[version] for version in truth.recorded]
    if done.body["error"]["kind"] == "Ambiguous":
        assert really[: len(claimed)] == claimed and len(really) <= len(claimed) + 1
        assert "not known" in done.told
        return
    assert really == claimed, done.told
    following = next((name for name in FILES if name not in really), None)
    if following and any(truth.there[following]):
        # Parts of it are there: then it has to say so.
        assert following in done.told and "in the database now" in done.told, done.told


@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_at_every_message(project: Project, whole: Any, when: When) -> None:
    points, ends = whole
    wrong = []
    for at in range(1, len(points) + 1) if when == "before" else ends:
        project.fresh()
        project.proxy.disturb(at, when)
        cuts = project.proxy.cuts
        done = project.landed("apply", "--yes")
        assert project.proxy.cuts == cuts + 1, points[at - 1]
        project.proxy.disturb()
        truth = project.truth()
        place = f"{when} message {at} of {len(points)}: {points[at - 1][:80]}"
        try:
            project.hold(truth)
            held_to_the_truth(done, truth)
            project.told_and_finished(truth)
        except AssertionError as problem:
            wrong.append(f"{place}\n{problem}\n{done}")
    assert not wrong, "\n\n".join(wrong)


def test_cut_while_it_reads(project: Project, whole: Any) -> None:
    """A reading command says that it could not find out; it never guesses, and never fails by itself."""
    project.fresh()
    project.proxy.disturb(all=True)
    assert project.landed("status").code == 0
    points, ends = list(project.proxy.points), sorted(set(project.proxy.ends))
    for at in sorted({1, 2, *ends, len(points)}):
        for when in ("before", "after") if at in ends else ("before",):
            project.proxy.disturb(at, when, all=True)
            done = project.landed("status")
            if when == "after" and at == len(points):
                continue  # everything had been read
            assert done.code == 3, (points[at - 1], done)
            assert done.told and done.body["error"]["kind"] == "CannotKnow", done
    project.proxy.disturb()
    assert project.landed("status").code == 0
