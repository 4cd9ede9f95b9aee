"""Kinds of catalog objects: what is derived from their descriptions."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from landed.engines.postgres import kinds
from landed.engines.postgres.catalog.queries import queries
from landed.engines.postgres.kinds import KINDS, READINGS
from landed.engines.postgres.shadow.replay import claims
from landed.engines.postgres.sql.tree import statements_of


def test_every_family_is_found() -> None:
    folder = Path(kinds.__file__).parent
    modules = [importlib.import_module(f"{kinds.__name__}.{file.stem}") for file in folder.glob("[a-z]*.py")]
    families = [module for module in modules if hasattr(module, "KINDS")]
    assert {kind.name for module in families for kind in module.KINDS} == set(KINDS)
    assert sum(len(module.KINDS) for module in families) == len(KINDS), "no kind is described twice"
    assert sum(len(module.READINGS) for module in families) == len(READINGS)


@pytest.mark.parametrize("name", READINGS)
def test_a_readings_columns_are_its_properties(name: str) -> None:
    sql = re.sub(r"%\((\w+)\)s", r"'\1'", queries()[name].full)
    (statement,) = statements_of(sql) or ()
    titles = [title_of(target.res_target) for target in statement.stmt.select_stmt.target_list]
    assert titles[:5] == ["unit", "kind", "schema", "parent", "name"]
    props = [title for title in titles[5:] if title != "signature"]
    assert "signature" not in titles[6:]
    assert props == [prop.name for prop in READINGS[name].props]


def title_of(target: Any) -> str:
    return str(target.name or target.val.column_ref.fields[-1].string.sval)


def test_a_title_is_read_in_one_way() -> None:
    ways: dict[str, set[str]] = {}
    for reading in READINGS.values():
        for prop in reading.props:
            ways.setdefault(prop.name, set()).add(prop.how)
    assert all(len(way) == 1 for way in ways.values()), ways


def test_every_query_belongs_to_a_reading() -> None:
    folder = Path(kinds.__file__).parent / "queries"
    assert {file.stem for file in folder.glob("*.sql")} == set(READINGS)
    assert {name for kind in KINDS.values() for name in kind.read_by} == set(READINGS)


def test_the_groups_of_kinds_are_todays() -> None:
    assert {k.tag: k.name for k in KINDS.values() if k.tag in claims._RELATIONS} == claims._RELATIONS
    assert {k.tag: k.name for k in KINDS.values() if k.tag in claims._PARTS} == claims._PARTS


OF_SUPERUSERS = frozenset(
    ("access method", "conversion", "language", "operator class", "operator family", "text search parser",
     "text search template", "transform")
)  # fmt: skip
"""Nobody else can make these, so that nothing brings them back."""


def test_every_kind_is_written_but_those_of_superusers() -> None:
    rights = {"default privileges", "default revocation"}
    assert {name for name, kind in KINDS.items() if kind.writes is None} == OF_SUPERUSERS | rights
    orders = [kind.order for kind in KINDS.values() if kind.writes is not None]
    assert len(orders) == len(set(orders)) and max(orders) < 999
