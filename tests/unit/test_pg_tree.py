"""What the parse tree of a PostgreSQL statement says."""

from __future__ import annotations

import sys

import pytest

from landed.core.errors import CannotKnow
from landed.engines.postgres.sql.tree import (
    Tree,
    cascades,
    constraints,
    copied,
    enum,
    expression,
    options,
    read_tree,
    written,
)


def tree(sql: str) -> Tree:
    found = read_tree(sql)
    assert found is not None
    return found


CASCADES = {
    "DROP TABLE t CASCADE": True,
    "DROP TABLE t": False,
    "DROP OWNED BY r CASCADE": True,
    "DROP ROLE r": False,
    "ALTER TABLE t DROP COLUMN a CASCADE": True,
    "ALTER TABLE t ADD b int, DROP COLUMN a CASCADE": True,
    "ALTER TABLE t DROP a, ADD FOREIGN KEY (b) REFERENCES u ON DELETE CASCADE": False,
    "ALTER TYPE t DROP ATTRIBUTE a CASCADE": True,
    "ALTER DOMAIN d DROP CONSTRAINT c CASCADE": True,
    "REVOKE SELECT ON t FROM r CASCADE": True,
    'DROP TABLE "cascade"': False,
}


@pytest.mark.parametrize("sql", CASCADES)
def test_cascade_is_what_takes_objects_along(sql: str) -> None:
    assert cascades(tree(sql)) is CASCADES[sql]


TREELESS = ("SELECT 1; SELECT 2", "", "-- nothing", "CREATE TABLE t (", f"SELECT {'1+' * 5000}1")


@pytest.mark.parametrize("sql", TREELESS, ids=range(len(TREELESS)))
def test_what_is_not_one_statement_that_can_be_read_has_no_tree(sql: str) -> None:
    assert read_tree(sql) is None


def test_constraints_are_found_wherever_they_stand() -> None:
    for sql in (
        "CREATE TABLE t (a int CHECK (a > 0), b int, CONSTRAINT u UNIQUE (b))",
        "ALTER TABLE t ADD COLUMN a int CHECK (a > 0), ADD CONSTRAINT u UNIQUE (b), DROP CONSTRAINT c",
    ):
        found = constraints(tree(sql))
        assert [enum(each, "contype") for each in found] == ["CONSTR_CHECK", "CONSTR_UNIQUE"]
        assert expression(found[0].raw_expr) == "a > 0"
    assert constraints(tree("CREATE VIEW v AS SELECT 1")) == []


def test_a_copy_is_changed_and_the_tree_is_not() -> None:
    one = tree("CREATE EXTENSION IF NOT EXISTS e SCHEMA s VERSION '1.0'")
    other = copied(one)
    del other.node.options[:]
    assert written(other) == "CREATE EXTENSION IF NOT EXISTS e"
    assert sorted(options(one.node.options)) == ["new_version", "schema"]


def test_where_the_library_is_missing_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "postgast", None)
    with pytest.raises(CannotKnow, match="grammar cannot be loaded") as raised:
        read_tree("SELECT 1")
    assert "pip install postgast" in str(raised.value.next)
