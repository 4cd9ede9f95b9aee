"""A project whose database is the stand-in's, seen by landed and by the real wrangler."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.process.landed_process import Landed
from support.servers.d1_standin import EDIT, RemoteWrangler, StandIn

REMOTE = ("--target", "d1:remote/DB")


class RemoteWorld:
    """A folder with a wrangler configuration for the stand-in's database, and migrations."""

    def __init__(self, folder: Path, files: Mapping[str, str], standin: StandIn, **d1: Any) -> None:
        self.folder = folder
        self.standin = standin
        self.migrations = folder / d1.get("migrations_dir", "migrations")
        self.migrations.mkdir(parents=True)
        entry = {
            "binding": "DB",
            "database_name": standin.database.name,
            "database_id": standin.database.uuid,
            **d1,
        }
        config = {"name": "landed-test", "compatibility_date": "2026-01-01", "d1_databases": [entry]}
        (folder / "wrangler.jsonc").write_text(json.dumps(config, indent=2))
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        file = self.migrations / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def copy(self, top: Path) -> RemoteWorld:
        """The same project, with what landed remembers, in another place; the database is one."""
        found = RemoteWorld.__new__(RemoteWorld)
        found.folder, found.standin = top / self.folder.name, self.standin
        found.migrations = found.folder / self.migrations.relative_to(self.folder)
        shutil.copytree(self.folder.parent, top, dirs_exist_ok=True)
        return found

    def landed(self, token: str = EDIT, **environ: str) -> Landed:
        """landed in this folder, led to the stand-in."""
        cache = self.folder.parent / f"{self.folder.name}.landed" / "cache"
        return Landed(self.folder, cache, **self.standin.environ(token), **environ)

    def wrangler(self) -> RemoteWrangler:
        """The real wrangler in this folder, led to the stand-in."""
        return RemoteWrangler(self.folder, self.standin)
