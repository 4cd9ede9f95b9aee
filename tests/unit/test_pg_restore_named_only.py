"""Of an object that no replay has made, only the name is known: nothing can be proposed for it."""

from __future__ import annotations

import pytest

from landed.core.facts import EXISTS, FactKey
from landed.engines.postgres.catalog.restore import restoring

TABLE = {FactKey("table", "", "public.t", EXISTS): "yes"}


@pytest.mark.parametrize("kind", ["index", "trigger", "policy", "constraint", "column"])
def test_what_is_known_by_name_alone_is_left(kind: str) -> None:
    claimed = FactKey(kind, "public.t", "x", EXISTS)
    found = restoring([claimed], {**TABLE, claimed: "yes"}, TABLE)
    assert claimed in found.left
    assert not found.sql


@pytest.mark.parametrize("kind", ["view", "function", "enum", "domain"])
def test_so_is_what_belongs_to_no_table(kind: str) -> None:
    claimed = FactKey(kind, "", "public.x", EXISTS)
    found = restoring([claimed], {**TABLE, claimed: "yes"}, TABLE)
    assert claimed in found.left
    assert not found.sql


def test_so_is_what_was_only_claimed_and_changed_later() -> None:
    claimed = FactKey("policy", "public.t", "x", EXISTS)
    told = {**TABLE, claimed: "yes", claimed._replace(prop="using"): "true"}
    found = restoring([claimed, claimed._replace(prop="using")], told, TABLE)
    assert claimed in found.left
    assert not found.sql
