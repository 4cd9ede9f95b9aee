"""A program that only follows ``actions``: what needs no choice runs as it is, and comes to an end."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from support.docs.docsworlds import World, build
from support.oracles.actions import lawful

# world → how its migrations stand when nothing is left that needs no choice
ENDS: dict[str, set[str]] = {
    "new": {"ok"},
    "damaged": {"ok"},
    "phantom": {"ok"},
    "partial": {"ok"},
    "undecided": {"ok", "partial"},
    "unrecorded": {"ok"},
    "unprovable": {"ok", "unprovable"},
    "unknown": {"ok", "unknown"},
    "no-file": {"ok", "no-file", "pending"},
    "renamed": {"ok"},
    "edited": {"ok", "edited"},
    "out-of-order": {"ok"},
    "duplicate": {"ok", "duplicate", "pending"},
    "superseded": {"ok"},
    "drifted": {"ok"},
    "masked": {"ok"},
    "cascade": {"ok", "pending"},
    "not-null": {"ok", "pending"},
    "drops": {"ok", "pending"},
    "broken": {"ok", "pending"},
    "plain": {"ok"},
}
MOST = 8


def run(world: World, argv: list[str], *, consent: bool = False) -> tuple[int, dict[str, Any]]:
    assert argv[0] == "landed"
    words = [*argv, *(["--yes"] if consent else []), "--json"]
    done = world.sh(f"{shlex.join(words)} 2>/dev/null")
    return done.returncode, lawful(json.loads(done.stdout))


def followed(world: World) -> dict[str, Any]:
    """The last status, after every step that needs no choice was taken; a step never comes twice."""
    taken: list[list[str]] = []
    while True:
        code, status = run(world, ["landed", "status"])
        assert code == 0
        steps = [a for a in status["actions"] if a["choice"] is None and not a["reads_only"]]
        tried = [a["argv"] for a in steps if a["argv"] not in taken]
        if not tried:
            return status
        assert len(taken) < MOST, taken
        taken.append(tried[0])
        code, body = run(world, tried[0], consent=steps[0]["needs_consent"])
        while code:
            # It was refused: what the error offers, if that needs no choice either.
            assert "error" in body and code in (1, 4), body
            assert body["error"]["code"] not in ("usage", "consent", "defect") or body["error"]["actions"]
            other = [a for a in body["error"]["actions"] if a["choice"] is None and not a["reads_only"]]
            if not other or other[0]["argv"] in taken:
                break
            taken.append(other[0]["argv"])
            code, body = run(world, other[0]["argv"], consent=other[0]["needs_consent"])


@pytest.mark.parametrize("name", ENDS)
def test_what_needs_no_choice_is_done_and_ends(name: str, tmp_path: Path) -> None:
    world = build(name, tmp_path / "home")
    last = followed(world)
    assert {m["standing"] for m in last["migrations"]} == ENDS[name]
    left = [a for a in last["actions"] if a["choice"] is None and not a["reads_only"]]
    if ENDS[name] == {"ok"}:
        # What no migration made is somebody's decision: to keep it, or not.
        rest = [a for a in last["actions"] if a["choice"] != "made by no migration"]
        assert rest == [] == left
        assert bool(last["unexplained"]) == bool(last["actions"])


# by hand → how its migrations stand in the end, and how many orders there are: three, unless the table went
BY_HAND = {
    "ALTER TABLE users RENAME COLUMN email TO mail": ({"ok"}, 3),
    "DROP INDEX orders_by_region; ALTER TABLE orders DROP COLUMN region": ({"ok"}, 3),
    "DROP INDEX orders_by_region; CREATE INDEX orders_by_region ON orders (total)": ({"ok"}, 3),
    "ALTER TABLE orders RENAME TO old_orders": ({"ok"}, 3),
    "DROP TABLE orders": ({"ok"}, 0),
    # NOT NULL without a default, and rows: which value they are to have, only a person knows.
    "ALTER TABLE orders DROP COLUMN total": ({"ok", "partial"}, 3),
}


@pytest.mark.parametrize("sql", BY_HAND)
def test_what_was_changed_by_hand_comes_back_or_is_a_choice(sql: str, tmp_path: Path) -> None:
    world = build("applied", tmp_path / "home")
    standings, orders = BY_HAND[sql]
    world.sql(sql)
    last = followed(world)
    assert {m["standing"] for m in last["migrations"]} == standings
    groups = [a["choice"] for a in last["actions"] if a["choice"] is not None]
    assert (last["actions"] == []) == (standings == {"ok"}) and all(groups.count(g) > 1 for g in groups)
    _, counted = run(world, ["landed", "exec", "SELECT count(*) FROM orders"])
    assert counted["results"][0]["rows"] == [[orders]]


def test_each_alternative_of_a_choice_leads_on(tmp_path: Path) -> None:
    """The two ways out of a statement of which nothing shows whether it ran."""
    for way in range(2):
        world = build("undecided", tmp_path / str(way) / "home")
        _, status = run(world, ["landed", "status"])
        first = [a for a in status["actions"] if a["choice"] is not None]
        assert len(first) == 2 and {a["choice"] for a in first} == {first[0]["choice"]}
        code, _ = run(world, first[way]["argv"], consent=first[way]["needs_consent"])
        assert code == 0
        assert {m["standing"] for m in run(world, ["landed", "status"])[1]["migrations"]} == {"ok"}


def test_consent_is_asked_with_the_plan_that_dry_run_shows(tmp_path: Path) -> None:
    world = build("damaged", tmp_path / "home")
    for argv in (["landed", "repair"], ["landed", "resume"]):
        code, asked = run(world, argv)
        assert code == 4 and asked["error"]["code"] == "consent"
        assert asked["error"]["plan"] == run(world, [*argv, "--dry-run"])[1]
        (action,) = asked["error"]["actions"]
        assert action["argv"] == argv and action["choice"] is None and action["consent"] == ["--yes"]
        assert run(world, action["argv"], consent=True)[0] == 0
