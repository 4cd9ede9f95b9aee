"""Kinds of catalog objects: one file per family describes all that landed has to know of them.

A family is a module here with ``KINDS`` and ``READINGS``; its queries are in ``queries/``. Whoever needs a
list of kinds derives it from these.
"""

from __future__ import annotations

from importlib import import_module
from os import listdir
from typing import Final

from landed.engines.postgres.kinds.base import Kind, Reading, Rights
from landed.engines.postgres.kinds.privilege import LARGE_OBJECT

_NO_FAMILY: Final = frozenset(
    ("__init__.py", "base.py", "naming.py", "options.py", "said.py", "unmodelled.py", "writes.py")
)


_MODULES: Final = [
    import_module(f"{__package__}.{file[:-3]}")
    for file in sorted(listdir(__path__[0]))
    if file.endswith(".py") and file not in _NO_FAMILY
]

KINDS: Final[dict[str, Kind]] = {kind.name: kind for module in _MODULES for kind in module.KINDS}
"""Every kind, by the name that facts have it under."""

READINGS: Final[dict[str, Reading]] = {
    reading.name: reading
    for wanted in (True, False)
    for module in _MODULES
    for reading in module.READINGS
    if reading.narrow is wanted
}
"""Every catalog query; those that can be narrowed to some units first."""

RIGHTS: Final[dict[str, Rights]] = {
    rights.word: rights for rights in (*(kind.rights for kind in KINDS.values()), LARGE_OBJECT) if rights
}
"""What is granted on objects, by the word for them in facts."""
