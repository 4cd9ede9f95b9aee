"""Programs that npm installed for a project: wrangler, the Supabase CLI."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from landed.core.errors import ConfigError
from landed.project.regular_files import read


class Installed(NamedTuple):
    """A package: its version as written, and its folder."""

    version: str
    folder: Path


def installed(start: Path, name: str) -> Installed | None:
    """The package that a program started in this folder would find; ``None`` if there is none to be read."""
    here = Path(os.path.abspath(start))
    for parent in (here, *here.parents):
        package = parent / "node_modules" / name / "package.json"
        if package.is_file():
            try:
                text = read(package, package.name, anywhere=True)
                return Installed(str(json.loads(text)["version"]), package.parent)
            except (OSError, ValueError, KeyError, TypeError, RecursionError, ConfigError):
                return None
    return None
