"""Small worlds for tests: a project folder with a local D1 database or a plain SQLite file."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw

from landed.core.applied import Consent
from landed.core.standing import Judgement
from landed.ops.apply import plan_apply, run_apply
from landed.ops.examine import Examination, examine
from landed.ops.workspace import Workspace, open_workspace

_AS_SOMEBODY = (
    *("-c", "user.name=t"),
    *("-c", "user.email=t@example.invalid"),
    *("-c", "commit.gpgsign=false"),
)


class World:
    """A project with one database; everything happens in-process on real files."""

    def __init__(self, folder: Path, files: Mapping[str, str], *, mode: str = "d1") -> None:
        self.folder = folder
        self.mode = mode
        folder.mkdir(parents=True, exist_ok=True)
        if mode == "d1":
            database = {"binding": "DB", "database_name": "db", "database_id": "0-world"}
            (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [database]}))
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def remove(self, name: str) -> None:
        (self.folder / "migrations" / name).unlink()

    @property
    def target(self) -> str | None:
        return None if self.mode == "d1" else f"sqlite:{self.folder / 'app.db'}"

    def workspace(self) -> Workspace:
        return open_workspace(self.folder, self.target, {}, {})

    @property
    def path(self) -> Path:
        path = self.workspace().spec.path
        assert path is not None
        return path

    def examine(self) -> Examination:
        return examine(self.workspace())

    def standings(self) -> dict[str, str]:
        return {j.name: str(j.standing) for j in self.examine().judgements}

    def judgement(self, name: str) -> Judgement:
        found = self.examine().judgement(name)
        assert found is not None, name
        return found

    def apply(self, *allow: str, to: str | None = None) -> list[str]:
        exam = self.examine()
        report = run_apply(exam, plan_apply(exam, to=to), Consent(frozenset(allow)))
        return [a.name for a in report.applied]

    def sql(self, script: str, *, foreign_keys: bool = True) -> list[tuple[Any, ...]]:
        """Run SQL behind landed's back."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(self.path))
        try:
            if foreign_keys:
                connection.execute("PRAGMA foreign_keys=1").fetchall()
            return connection.execute(script).fetchall()
        finally:
            connection.close()

    def ledger(self) -> list[str]:
        return [name for (name,) in self.sql("SELECT name FROM d1_migrations ORDER BY id")]

    def git(self, *args: str, when: str | None = None) -> str:
        """Run git; ``when`` is the time of a commit."""
        dates = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when} if when else {}
        run = subprocess.run(
            ["git", *_AS_SOMEBODY, *args],
            cwd=self.folder,
            env=os.environ | dates,
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()
