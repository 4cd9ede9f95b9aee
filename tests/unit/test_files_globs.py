"""Patterns: the parts that the real wrangler is not asked about (see tests/integration)."""

from __future__ import annotations

import pytest

from landed.core.errors import ConfigError
from landed.project.files import plain_suffix
from landed.project.globs import compile_glob


@pytest.mark.parametrize(
    ("pattern", "takes", "leaves"),
    [
        ("*.sql", ["a.sql", "1.x.sql"], [".sql", ".a.sql", "a.SQL", "d/a.sql", "a.sqlx"]),
        ("**/*.sql", ["a.sql", "d/a.sql", "d/e/f.sql"], [".d/a.sql", "d/.a.sql"]),
        ("a/**/b/**/*.sql", ["a/b/x.sql", "a/1/b/2/3/x.sql"], ["a/x.sql", "b/x.sql"]),
        ("{up,down}/{01,02}_*.sql", ["up/01_a.sql", "down/02_b.sql"], ["up/03_a.sql", "{up,down}/01_a.sql"]),
        ("{001..003}.sql", ["001.sql", "003.sql"], ["1.sql", "004.sql"]),
        ("{a}.sql", ["{a}.sql"], ["a.sql"]),
        ("[0-9][!x].sql", ["1a.sql"], ["1x.sql", "a1.sql", "11b.sql"]),
        ("[[]x.sql", ["[x.sql"], ["x.sql"]),
        ("a[.sql", ["a[.sql"], ["a.sql"]),
        ("a@(b|c|@(d|e)f).sql", ["ab.sql", "aef.sql"], ["a.sql", "abc.sql", "af.sql"]),
        ("*a*b*c.sql", ["abc.sql", "xaxbbxcc.sql"], ["acb.sql", "ab.sql"]),
        ("*.*.sql", ["a.b.sql", "a.b.c.sql"], ["a.sql", ".a.sql"]),
        ("*[ab]*[cd]", ["xaxc", "ad"], ["xc", "ca"]),
        ("a?(b).sql", ["a.sql", "ab.sql"], ["abb.sql"]),
        ("a.b(c).sql", ["a.b(c).sql"], ["aXb(c).sql"]),
        ("?.sql", ["a.sql"], ["aa.sql", ".sql"]),
    ],
)
def test_what_a_pattern_takes(pattern: str, takes: list[str], leaves: list[str]) -> None:
    glob = compile_glob(pattern)
    assert [p for p in takes + leaves if glob.matches(p)] == takes


def test_which_folders_are_entered() -> None:
    assert not compile_glob("*.sql").may_contain("sub")
    assert compile_glob("*/migration.sql").may_contain("0001_a")
    assert not compile_glob("*/migration.sql").may_contain("0001_a/deeper")
    assert compile_glob("a/**/*.sql").may_contain("a/b/c")
    assert not compile_glob("a/**/*.sql").may_contain("b")
    assert not compile_glob("**/*.sql").may_contain(".git")


@pytest.mark.parametrize(
    "pattern", ["!a.sql", "#a.sql", "!(a).sql", "+(a).sql", "x*(a).sql", "{1..100000}.sql", "{a,b}" * 11]
)
def test_what_is_refused_says_so(pattern: str) -> None:
    with pytest.raises(ConfigError):
        compile_glob(pattern)


def test_hostile_patterns_end() -> None:
    assert not compile_glob("*" * 200 + "a").matches("b" * 255)
    assert not compile_glob("**/" * 50 + "x").matches("/".join("d" * 60))
    assert not compile_glob("**/a/" * 40 + "x").matches("/".join("a" * 120))
    assert not compile_glob("*a" * 40 + "b").matches("a" * 255)
    assert not compile_glob("?(a)" * 9 + "b").matches("a" * 255)


@pytest.mark.parametrize("pattern", ["*.sql", "*_up.sql", "*[0-9].sql", "a*.sql", "*/x.sql", "*", "**.sql"])
def test_the_quick_way_is_the_same_as_the_slow_one(pattern: str) -> None:
    quick = plain_suffix(pattern)
    if quick is not None:
        glob = compile_glob(pattern)
        for name in ("a.sql", ".a.sql", ".sql", "_up.sql", "1_up.sql", "a.SQL", "x"):
            assert quick(name) == glob.matches(name), name
