"""Calling landed as a user does: a process of its own, in a project folder, with a cache of its own.

Most runs are forked from a process that has imported landed before (``landed_forks``): the start is most of
what a run costs. ``LANDED_TEST_FORKS=0`` starts every one by itself.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from support import ROOT
from support.oracles.actions import lawful
from support.process.landed_forks import Forks

AT_ONCE = 2
"""How many runs are forked at the same time; further ones are started by themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished run of landed; ``body`` is the JSON document if stdout was one."""

    args: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = lawful(json.loads(self.stdout))
        return found

    @property
    def error(self) -> dict[str, Any]:
        """The error document; an error that says that landed itself failed is a defect."""
        found: dict[str, Any] = self.body["error"]
        assert "landed itself failed" not in found["message"], found
        return found

    def standings(self) -> dict[str, str]:
        """name → standing, from a status document."""
        return {m["name"]: m["standing"] for m in self.body["migrations"]}

    def migration(self, name: str) -> dict[str, Any]:
        (found,) = (m for m in self.body["migrations"] if m["name"] == name)
        return dict(found)


@cache
def forks(language: str, number: int) -> Forks | None:
    """A worker's first, second …, or ``None`` where there is no fork or it is not wanted."""
    if sys.platform != "linux" or os.environ.get("LANDED_TEST_FORKS") == "0":
        return None
    kept = {n: os.environ[n] for n in ("PATH", "TMPDIR") if n in os.environ}
    return Forks(kept | {"PYTHONPATH": str(ROOT / "src"), "LANG": language})


class Landed:
    """``python -m landed`` in one project folder."""

    def __init__(self, folder: Path, cache: Path, **environ: str) -> None:
        self.folder = folder
        self.pid: int | None = None
        """The process of the latest run, as soon as it is known; for those who want to disturb it."""
        kept = {n: os.environ[n] for n in ("PATH", "TMPDIR", "SYSTEMROOT") if n in os.environ}
        self.env = kept | {
            "HOME": str(cache.parent),
            "LANDED_CACHE_DIR": str(cache),
            "PYTHONPATH": str(ROOT / "src"),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            **environ,
        }

    def popen(self, *args: str) -> subprocess.Popen[str]:
        """A landed that is not waited for."""
        return subprocess.Popen(
            [sys.executable, "-m", "landed", *args],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def __call__(self, *args: str, code: int | None = 0) -> Answer:
        """Run a command with ``--json`` and hold its exit code (``None``: any)."""
        return self.plain(*args, "--json", code=code)

    def plain(self, *args: str, code: int | None = 0) -> Answer:
        """Run a command as it is; nobody answers its questions."""
        self.pid = None
        answer = Answer(args, *(self._forked(args) or self._started(args)))
        assert code is None or answer.code == code, answer
        assert "Traceback" not in answer.stderr, answer.stderr
        return answer

    def _forked(self, args: tuple[str, ...]) -> tuple[int, str, str] | None:
        # What an interpreter reads only when it starts needs one of its own.
        if any(n.startswith(("PYTHON", "LC_")) and n != "PYTHONPATH" for n in self.env):
            return None
        # One is enough, but for tests that run landed in threads.
        for number in range(AT_ONCE):
            found = forks(self.env["LANG"], number)
            answer = found.run(args, self.folder, self.env, self._is) if found else None
            if answer is not None:
                return answer
        return None

    def _is(self, pid: int) -> None:
        self.pid = pid

    def _started(self, args: tuple[str, ...]) -> tuple[int, str, str]:
        process = self.popen(*args)
        self._is(process.pid)
        stdout, stderr = process.communicate()
        return process.returncode, stdout, stderr

    def follow(self, command: str, *more: str, code: int | None = None) -> Answer:
        """Run a command that landed printed, as it was printed, with ``more`` words added."""
        words = shlex.split(command)
        assert words[0] == "landed", command
        return self(*words[1:], *more, code=code)
