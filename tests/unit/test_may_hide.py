"""Which files may have been hidden by a later one: those whose objects it names leniently."""

from __future__ import annotations

import pytest

from landed.core.facts import EXISTS, Change, FactKey
from landed.core.migration import Migration
from landed.core.timeline import StatementTrace, Step, net_effects
from landed.engines.postgres.hiding import may_hide
from landed.engines.postgres.sql.split import parse


def step(name: str, *keys: FactKey) -> Step:
    traces = (StatementTrace(1, 1, tuple(Change(key, None, "yes") for key in keys)),)
    return Step(name, name, traces, net=net_effects(traces))


@pytest.mark.parametrize(
    ("later", "worth"),
    [
        ("CREATE TABLE IF NOT EXISTS orders (id int)", True),
        ('ALTER TABLE "Orders" ADD COLUMN IF NOT EXISTS note text', True),
        ("CREATE TABLE IF NOT EXISTS customers (id int)", False),
        ("CREATE TABLE orders (id int)", False),
        ("DO $$ BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS %I ()', 'or' || 'ders'); END $$", True),
    ],
)
def test_a_replay_without_a_file_is_worth_it_where_another_may_have_made_the_same(
    later: str, worth: bool
) -> None:
    files = [
        Migration(name, name, name, sql, parse)
        for name, sql in (("1.sql", "CREATE TABLE orders (id int)"), ("2.sql", later))
    ]
    made = FactKey("table", "", "public.orders", EXISTS), FactKey("column", "public.orders", "id", EXISTS)
    grant = FactKey("grant on table", "public.orders", "(SELECT to PUBLIC)", EXISTS)
    hides = may_hide(files, [step("1.sql", *made, grant), step("2.sql")])
    assert hides("1.sql") is worth
    assert not hides("2.sql")
