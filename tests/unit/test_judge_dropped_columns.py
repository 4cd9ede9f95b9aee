"""A file that dropped a column is not partial because somebody dropped the whole table."""

from __future__ import annotations

import pytest

from landed.core.facts import EXISTS, FactKey
from landed.core.judge import judge
from landed.core.migration import Migration
from landed.core.standing import Standing
from landed.core.timeline import facts_after
from landed.engines.sqlite.shadow.timeline import timeline
from landed.engines.sqlite.sql import split as dialect

FILES = {
    "1_make": "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c TEXT);",
    "2_drop": "ALTER TABLE t DROP COLUMN b;",
    "3_add": "ALTER TABLE t ADD COLUMN d TEXT;",
}
REORDER = (
    "CREATE TABLE n (c TEXT, a INTEGER PRIMARY KEY, d TEXT); INSERT INTO n (a, c, d) SELECT a, c, d FROM t;"
    "DROP TABLE t; ALTER TABLE n RENAME TO t;"
)


def standings(files: dict[str, str], gone: set[FactKey] | None = None) -> dict[str, Standing]:
    """The standings of files that are all recorded, with facts taken from the live side (``None``: all)."""
    steps = timeline("d1", None, [Migration(n, n[0], n, text, dialect.parse) for n, text in files.items()])
    live = {} if gone is None else {k: v for k, v in facts_after(steps).items() if k not in gone}
    ruling = judge(steps, frozenset(files), live)
    return {j.name: j.standing for j in ruling.judgements}


def test_with_the_table_gone_those_are_named_that_made_something_of_it() -> None:
    assert standings(FILES) == {
        "1_make": Standing.PHANTOM,
        "2_drop": Standing.OK,
        "3_add": Standing.PHANTOM,
    }


def test_whoever_put_the_columns_into_another_order_is_still_named() -> None:
    assert standings(FILES | {"4_order": REORDER})["4_order"] is Standing.PHANTOM


@pytest.mark.parametrize("last", ["2_drop", "3_add"])
def test_an_order_that_is_missing_from_a_table_that_is_there_still_counts(last: str) -> None:
    files = {name: text for name, text in FILES.items() if name <= last}
    order = FactKey("table", "", "t", "column order")
    assert order.object.fact(EXISTS) in facts_after(
        timeline("d1", None, [Migration(n, n[0], n, t, dialect.parse) for n, t in files.items()])
    )
    assert standings(files, {order})[last] is Standing.PARTIAL
