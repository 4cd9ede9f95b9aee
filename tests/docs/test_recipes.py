"""The SQL of the recipe pages on real D1 and through landed, rows in every table, for every ON DELETE."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from landed.engines.sqlite.sql import split as dialect
from support import ROOT
from support.clients.wrangler import MiniflareD1
from support.docs.docsworlds import CONFIG, RECIPE_ROWS, RECIPE_SCHEMA, World

ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")
TABLES = ("users", "orders", "order_lines")
_SQL = re.compile(r"<!-- file: (\S+) -->\n```sql\n(.*?)```", re.DOTALL)


def recipe(page: str, number: int) -> str:
    """One of the SQL files that a recipe page shows."""
    found = _SQL.findall((ROOT / "docs" / "recipes" / f"{page}.md").read_text(encoding="utf-8"))
    return str(found[number][1])


WHOLE_TREE = recipe("rebuild-a-table", 0)
DEFERRED = recipe("rebuild-a-table", 1)


def statements(sql: str) -> list[str]:
    return [s.text for s in dialect.parse(sql).statements]


def on_delete(sql: str, action: str) -> str:
    return sql.replace("ON DELETE CASCADE", f"ON DELETE {action}")


CASES = [(WHOLE_TREE, action) for action in ACTIONS] + [(DEFERRED, a) for a in ("RESTRICT", "NO ACTION")]
IDS = [f"{'whole tree' if sql is WHOLE_TREE else 'deferred'}: {action}" for sql, action in CASES]


@pytest.mark.parametrize(("sql", "action"), CASES, ids=IDS)
def test_rebuild_keeps_every_row_on_real_d1(
    sql: str, action: str, miniflare_d1: Callable[..., MiniflareD1]
) -> None:
    d1 = miniflare_d1()
    d1.batch(statements(on_delete(RECIPE_SCHEMA, action) + RECIPE_ROWS))
    read = [f"SELECT * FROM {table} ORDER BY id" for table in TABLES]
    before = d1.batch(read)
    assert [len(rows) for rows in before] == [2, 3, 3]
    d1.batch(statements(on_delete(sql, action)))
    assert d1.batch(read) == before
    assert d1.batch(["PRAGMA foreign_key_check"]) == [[]]
    d1.batch(["INSERT INTO orders (id, user_id, total) VALUES (13, 2, 1)"])
    assert d1.batch(["SELECT count(*) AS n FROM pragma_index_list('orders')"]) == [[{"n": 1}]]


@pytest.mark.parametrize(("sql", "action"), CASES, ids=IDS)
def test_rebuild_keeps_every_row_through_landed(sql: str, action: str, tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    world.write("wrangler.jsonc", CONFIG)
    world.write("migrations/0001_init.sql", on_delete(RECIPE_SCHEMA, action))
    world.must("landed apply --yes")
    world.sql(RECIPE_ROWS)
    before = [world.sql(f"SELECT * FROM {table} ORDER BY id") for table in TABLES]
    world.write("migrations/0002_user_names.sql", on_delete(sql, action))
    world.must("landed rehearse")
    world.must("landed apply --yes")
    assert [world.sql(f"SELECT * FROM {table} ORDER BY id") for table in TABLES] == before
    assert world.sql("PRAGMA foreign_key_check") == []
    world.must("landed verify --strict")


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
def test_the_shorter_way_is_refused_where_rows_would_go(action: str, tmp_path: Path) -> None:
    """What the page says about deferring, the other way round."""
    world = World(tmp_path / "home")
    world.write("wrangler.jsonc", CONFIG)
    world.write("migrations/0001_init.sql", on_delete(RECIPE_SCHEMA, action))
    world.must("landed apply --yes")
    world.sql(RECIPE_ROWS)
    before = [world.sql(f"SELECT * FROM {table} ORDER BY id") for table in TABLES]
    world.write("migrations/0002_user_names.sql", DEFERRED)
    assert world.sh("landed apply --yes").returncode == 1
    assert [world.sql(f"SELECT * FROM {table} ORDER BY id") for table in TABLES] == before


def test_not_null_in_three_files_on_real_d1(miniflare_d1: Callable[..., MiniflareD1]) -> None:
    from support.docs.docsworlds import FILES, ROWS

    d1 = miniflare_d1()
    for sql in (FILES["0001_init.sql"], FILES["0002_order_region.sql"], ROWS):
        d1.batch(statements(sql))
    for number in (2, 3, 4):
        d1.batch(statements(recipe("add-not-null-column", number)))
    (rows,) = d1.batch(["SELECT id, currency FROM orders ORDER BY id"])
    assert rows == [{"id": n, "currency": "EUR"} for n in (10, 11, 12)]
    (required,) = d1.batch(
        ["SELECT \"notnull\" AS n FROM pragma_table_info('orders') WHERE name = 'currency'"]
    )
    assert required == [{"n": 1}]
