"""Examples in docstrings show what really comes out."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import landed

SOURCE = Path(landed.__file__).parents[1]


def test_examples_are_true() -> None:
    tried = 0
    for file in sorted(SOURCE.rglob("*.py")):
        if ">>> " in file.read_text(encoding="utf-8"):
            name = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
            found = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
            assert found.failed == 0, name
            tried += found.attempted
    assert tried >= 10
