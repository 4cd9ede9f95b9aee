"""landed of one checkout, imported once and forked for every run."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import queue
import runpy
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DRIVERS = ("apsw", "httpx", "httpx2", "postgast", "psycopg")
"""What is imported before the forks, where it is there: the checkout may be an older one."""


def serve() -> None:
    """Read one JSON object per line, run ``python -m landed`` in a fork, answer with the exit code."""
    landed = importlib.import_module("landed")
    for module in pkgutil.walk_packages(landed.__path__, "landed."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(Exception):
                importlib.import_module(module.name)
    for name in DRIVERS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(json.loads(line))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(request: dict[str, Any]) -> None:
    code: Any = 70
    try:
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        tempfile.tempdir = None
        sys.argv = ["landed", *request["args"]]
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in enumerate(request["files"], 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT), number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(
            io.FileIO(2, "w", closefd=False), encoding="utf-8", errors="backslashreplace", write_through=True
        )
        try:
            runpy.run_module("landed", run_name="__main__", alter_sys=False)
            code = 0
        except SystemExit as end:
            code = 0 if end.code is None else end.code
        except BaseException:
            traceback.print_exc()
            code = 1
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    finally:
        os._exit(code if isinstance(code, int) else 1)


class Landed:
    """The landed of one checkout; ``folder`` is for what it prints, ``jobs`` how many run at once."""

    def __init__(self, checkout: Path, folder: Path, jobs: int) -> None:
        own = checkout / ".venv" / "bin" / "python"
        self.python = str(own) if own.exists() else sys.executable
        self.source = str(checkout / "src")
        self.folder = folder
        self._free: queue.Queue[subprocess.Popen[str]] = queue.Queue()
        self._all = [self._start() for _ in range(jobs)]
        for process in self._all:
            self._free.put(process)

    def _start(self) -> subprocess.Popen[str]:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": self.source, "LANG": "C.UTF-8"}
        return subprocess.Popen(
            [self.python, __file__],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, args: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        process = self._free.get()
        files = [self.folder / f"{process.pid}.{n}" for n in (1, 2)]
        try:
            for file in files:
                file.write_bytes(b"")
            request = {
                "args": list(args),
                "cwd": str(cwd),
                "env": {**env, "PYTHONPATH": self.source},
                "files": [str(file) for file in files],
            }
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            out, err = (file.read_text("utf-8") for file in files)
            return code, out, err
        finally:
            self._free.put(process)

    def close(self) -> None:
        """End the processes that fork."""
        for process in self._all:
            process.communicate()


if __name__ == "__main__":
    serve()
