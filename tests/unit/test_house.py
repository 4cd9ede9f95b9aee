"""The maps in CONTRIBUTING.md and the checkout are the same."""

from __future__ import annotations

import re
import tomllib

import pytest

from landed.report.formats import FORMATS
from support import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def rows(table: str) -> list[str]:
    """The names in the first column of the table with this heading."""
    _, found, after = TEXT.partition(f"\n| {table} | holds |\n|---|---|\n")
    assert found, f"there is no table of {table}"
    lines = after.partition("\n\n")[0].splitlines()
    return [re.findall(r"`([^`]+)`", line.split("|")[1])[0] for line in lines]


def below(folder: str, levels: int) -> set[str]:
    """The packages in a folder, so many levels deep."""
    top = ROOT / folder
    found = (init.parent.relative_to(top) for init in top.rglob("__init__.py"))
    return {path.as_posix() for path in found if 1 <= len(path.parts) <= levels}


@pytest.mark.parametrize(
    ("table", "folder", "levels"),
    [("package", "src/landed", 2), ("`tests/support/…`", "tests/support", 1)],
    ids=["src", "support"],
)
def test_every_package_is_on_the_map_once_and_nothing_else(table: str, folder: str, levels: int) -> None:
    named = rows(table)
    assert len(named) == len(set(named))
    assert set(named) == below(folder, levels)


def test_every_folder_of_tests_is_on_the_map() -> None:
    named = {name.removeprefix("tests/").partition("/")[0] for name in rows("folder")}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0].isalpha()}
    assert named == folders


def test_helpers_are_in_a_room() -> None:
    flat = {path.name for path in (ROOT / "tests").glob("*.py")}
    assert flat == {"conftest.py"}
    assert {path.name for path in (ROOT / "tests" / "support").glob("*.py")} == {"__init__.py"}


def test_what_is_named_exists() -> None:
    """Paths in backticks: of the checkout, of the packages (with a slash at the end), of make's targets."""
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()}
    paths = [name for name in re.findall(r"`([\w./-]+)`", TEXT) if name.partition("/")[0] in tops]
    assert "tests/conftest.py" in paths
    assert [name for name in paths if not (ROOT / name).exists()] == []
    packages = [name for name in re.findall(r"`([a-z/]+)/`", TEXT) if name.partition("/")[0] not in tops]
    assert [name for name in packages if not (ROOT / "src" / "landed" / name / "__init__.py").exists()] == []


def test_make_knows_the_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = set(re.findall(r"^make (\w+)", TEXT, re.MULTILINE))
    assert {"quick", "check", "test", "lint"} <= asked
    assert asked <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert asked <= set(re.findall(r"^\t@echo 'make (\w+)", makefile, re.MULTILINE))


def test_every_format_is_kept_apart() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (apart,) = (contract for contract in contracts if contract["id"] == "formats")
    assert set(apart["modules"]) == set(FORMATS.values())
