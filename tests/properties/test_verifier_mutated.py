"""Mutate the verifier: no fact that a migration owns can be taken from the live schema unnoticed.

For every history and every fact that a migration owns: the fact is removed from the live side, and, in a
second variant, altered in it; for an absence that a migration owns, what it removed is put back. The owner's
verdict must change, and nothing may change about a migration that owns no fact of the same object.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from landed.core.facts import ORDERED, FactKey, ObjectKey
from landed.core.judge import Owners, judge, owners_of
from landed.core.standing import FAILS_VERIFY, Judgement, Standing
from landed.core.timeline import Step
from support.worlds import histories

Live = dict[FactKey, str]

MANY = 1000
"""In a history with more facts than that every one is removed, and every fifth is altered, too."""


def mutations(steps: tuple[Step, ...], owners: Owners, live: Live) -> Iterator[tuple[str, FactKey, Live]]:
    """Every way of breaking one owned fact: what was done, to which fact, and the live facts then."""
    every, number = (5 if len(owners) > MANY else 1), 0
    for key, (index, _, expected) in owners.items():
        if expected is None:
            before = _last_value(steps, key, index)
            if before is not None:
                yield "put back", key, {**live, key: before}
            continue
        yield "removed", key, {k: v for k, v in live.items() if k != key}
        number += 1
        altered = _other_value(key, expected) if number % every == 0 else None
        if altered is not None:
            yield "altered", key, {**live, key: altered}


def _last_value(steps: tuple[Step, ...], key: FactKey, index: int) -> str | None:
    before: str | None = steps[index].net[key][0]
    return before


def _other_value(key: FactKey, value: str) -> str | None:
    """Another value; of an ordered list another order, since a member more or less is a fact of its own."""
    if key.prop not in ORDERED:
        return f"{value} otherwise"
    members = value.split(", ")
    return ", ".join(reversed(members)) if len(members) > 1 else None


def shown(judgement: Judgement) -> tuple[object, ...]:
    return (judgement.verdict, judgement.standing, judgement.held, judgement.owned)


@pytest.mark.parametrize("name", histories.names())
def test_every_owned_fact_counts_and_no_other_migration_is_blamed(name: str) -> None:
    steps = histories.history(name).steps
    facts = histories.history(name).facts
    recorded = frozenset(step.name for step in steps)
    whole = judge(steps, recorded, facts)
    owners = owners_of(steps, range(len(steps)))
    on_object: dict[ObjectKey, set[int]] = {}
    for key, (index, _, _) in owners.items():
        on_object.setdefault(key.object, set()).add(index)

    tried = 0
    for what, key, live in mutations(steps, owners, facts):
        tried += 1
        now = judge(steps, recorded, live)
        owner = owners[key][0]
        place = f"{name}: {key} {what}"
        assert now.judgements[owner].verdict is not whole.judgements[owner].verdict, place
        assert now.judgements[owner].standing in FAILS_VERIFY, place
        blamed = {i for i, j in enumerate(now.judgements) if shown(j) != shown(whole.judgements[i])}
        assert blamed <= on_object[key.object], (place, [steps[i].name for i in blamed])
    assert tried >= len(owners)


@pytest.mark.parametrize("name", histories.names())
def test_a_clean_schema_speaks_against_nobody(name: str) -> None:
    steps, facts = histories.history(name).steps, histories.history(name).facts
    ruling = judge(steps, frozenset(step.name for step in steps), facts)
    assert {j.standing for j in ruling.judgements} <= {Standing.OK, Standing.UNPROVABLE}
    assert ruling.unexplained == ()


@pytest.mark.parametrize("name", histories.names())
def test_facts_that_no_migration_made_are_unexplained_or_speak_against_the_object_s_owner(name: str) -> None:
    steps, facts = histories.history(name).steps, histories.history(name).facts
    recorded = frozenset(step.name for step in steps)
    stranger = FactKey("table", "", "made by hand", "exists")
    ruling = judge(steps, recorded, {**facts, stranger: "yes"})
    assert ruling.unexplained == (stranger,)
    for obj in {key.object for key in facts}:
        ruling = judge(steps, recorded, {**facts, obj.fact("something new"): "yes"})
        assert any(j.standing in FAILS_VERIFY for j in ruling.judgements), obj
