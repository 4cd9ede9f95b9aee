"""The core imports the standard library and itself; the import contract holds the other directions."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

CORE = Path(__file__).resolve().parents[2] / "src" / "landed" / "core"


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or "")


def test_core_needs_nothing_that_has_to_be_installed():
    found = {
        (file.name, name)
        for file in CORE.glob("**/*.py")
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found, "there is no core"
    foreign = {
        (file, name)
        for file, name in found
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("landed.core")
    }
    assert foreign == set()
