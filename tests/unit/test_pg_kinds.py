"""Kinds of catalog objects: what is derived from their descriptions."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.postgres import kinds
from landed.engines.postgres.catalog.queries import queries
from landed.engines.postgres.kinds import KINDS, READINGS, RIGHTS
from landed.engines.postgres.shadow.replay.claims import claimed_effects
from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.sql.tree import statements_of
from landed.features.grammar import KINDS as REQUIRED


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


CASES = Path(__file__).parents[1] / "cases" / "drift_pg"


def test_no_kind_lacks_anything() -> None:
    """What each derivation needs of a kind, and of what reads it."""
    tree: Any = importlib.import_module("postgast.pg_query_pb2")
    tags = {value.name for value in tree.ObjectType.DESCRIPTOR.values}
    nodes = {node.name for node in tree.Node.DESCRIPTOR.oneofs_by_name["node"].fields}
    wholes = {"table", "type", "publication", "foreign server"}
    for name, kind in KINDS.items():
        assert kind.tag in tags and kind.says.keys() <= nodes, name
        assert kind.on in wholes | {""}, name
        assert READINGS.keys() >= {*kind.read_by, *kind.and_by}, name
        granted = bool({"acl", "member rights"} & READINGS[kind.read_by[0]].titles) and not name.startswith(
            "default "
        )
        assert bool(kind.rights) is granted, name
        assert kind.rights in (None, RIGHTS.get(kind.acl)), "a word for what is granted means one thing"


@pytest.mark.parametrize("name", READINGS)
def test_no_reading_lacks_anything(name: str) -> None:
    reading = READINGS[name]
    assert reading.touched_by or reading.relkinds, "nobody would notice a change"
    assert all(bool(touch.unit) is reading.narrow for touch in reading.touched_by)
    assert reading.named in ("", "relation", "type", "routine", "schema")
    assert not (reading.named and reading.beside)
    if reading.narrow:
        assert reading.catalog, "its units end with the rows of a catalog"
    if reading.beside is not None:
        assert reading.beside.of in ("pg_class", "pg_type")
    assert not reading.relkinds or reading.catalog == "pg_class"


def test_touches_of_one_catalog_agree() -> None:
    joins: dict[str, set[str]] = {}
    for reading in READINGS.values():
        for touch in reading.touched_by if reading.narrow else ():
            joins.setdefault(touch.catalog, set()).add(touch.join)
    assert all(len(each - {""}) <= 1 for each in joins.values()), "a catalog is joined in one way"
    letters = [letter for reading in READINGS.values() for letter in reading.relkinds]
    assert len(letters) == len(set(letters))


def test_every_kind_has_cases() -> None:
    labels = [
        label
        for file in CASES.glob("*.sql")
        for label in re.findall(r"^-- expect: (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    labels = [label.replace("revoke on extension member", "extension member") for label in labels]
    assert [name for name in KINDS if not any(label.startswith(f"{name} ") for label in labels)] == []


def test_what_can_be_required_is_a_kind() -> None:
    """The grammar of requirements runs in applications and stays apart; its words are these all the same."""
    assert {word for word in REQUIRED if word not in KINDS} == {"rls", "row level security"}


OF_SUPERUSERS = frozenset(
    ("access method", "conversion", "language", "operator class", "operator family", "text search parser",
     "text search template", "transform")
)  # fmt: skip
"""Nobody else can make these, so that nothing brings them back."""


def test_every_kind_is_written_but_those_of_superusers() -> None:
    rights = {"default privileges", "default revocation"}
    unwritten = {name for name, kind in KINDS.items() if kind.writes is None}
    assert unwritten == OF_SUPERUSERS | rights | {"role", "database", "extension member"}
    orders = [kind.order for kind in KINDS.values() if kind.writes is not None]
    assert len(orders) == len(set(orders)) and max(orders) < 999


@pytest.mark.parametrize(
    ("sql", "claims"),
    [
        ("CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p", [("subscription s · exists", "yes")]),
        ("DROP SUBSCRIPTION old", [("subscription old · exists", None)]),
        ("CREATE POLICY own ON t", [("policy public.t.own · exists", "yes")]),
        ("DROP TYPE mood", [("enum public.mood · exists", None)]),
        ("DROP DOMAIN mood", []),
        ("CREATE PROCEDURE p(int)", [("procedure public.p(integer) · exists", "yes")]),
        ("DROP VIEW mood", []),
    ],
)
def test_a_statement_claims_what_its_kinds_say(sql: str, claims: list[tuple[str, str | None]]) -> None:
    facts = {FactKey("subscription", "", "old", EXISTS): YES, FactKey("enum", "", "public.mood", EXISTS): YES}
    assert [(str(key), after) for key, _, after in claimed_effects(read_head(sql), facts)] == claims
