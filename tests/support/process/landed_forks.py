"""A landed that was imported once and forks for every run: each has a process of its own, without its start.

A run has its own arguments, folder, environment, standard streams and end (joined threads, exit functions),
as one started by hand has. What it shares with the runs before it is imported code only: the process that
forks never runs a command itself. ``python landed_forks.py`` is that process; it reads one JSON object per
run from its standard input and answers each with the process's number and, later, the exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import importlib
import io
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

LONGEST = 300.0
"""Seconds after which a run has hung, whatever else the machine is doing."""

DRIVERS = ("apsw", "httpx2", "postgast", "psycopg")


class Forks:
    """The waiting process of one test worker. One run at a time; :meth:`run` says when it is busy."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._free = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        atexit.register(self.close)

    def close(self) -> None:
        """End the waiting process."""
        self._process.communicate()

    def run(
        self,
        args: tuple[str, ...],
        folder: Path,
        environ: Mapping[str, str],
        started: Callable[[int], None] = lambda pid: None,
    ) -> tuple[int, str, str] | None:
        """Exit code, standard output and standard error of one run; ``None`` while another is under way.

        ``started`` is told the run's process.
        """
        if not self._free.acquire(blocking=False):
            return None
        with contextlib.ExitStack() as held:
            held.callback(self._free.release)
            out, err = (held.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            # The waiting process opens them by the descriptors of this one.
            files = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
            code = self._ask(args, str(folder), environ, files, started)
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode("utf-8"))
            return code, texts[0], texts[1]

    def run_on(self, args: tuple[str, ...], folder: str, environ: Mapping[str, str], files: list[str]) -> int:
        """Exit code of one run that writes to these files, standard output and error; it waits its turn."""
        with self._free:
            return self._ask(args, folder, environ, files, lambda pid: None)

    def _ask(
        self,
        args: tuple[str, ...],
        folder: str,
        environ: Mapping[str, str],
        files: list[str],
        started: Callable[[int], None],
    ) -> int:
        request = {"args": args, "cwd": folder, "env": dict(environ), "files": files}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        started(int(self._process.stdout.readline()))
        answer = self._process.stdout.readline()
        assert answer, "the process that forks has ended"
        return int(answer)


def serve() -> None:
    """Import everything, then fork for every line."""
    import landed

    for module in pkgutil.walk_packages(landed.__path__, "landed."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(Exception):  # whoever runs into it shows it
                importlib.import_module(module.name)
    for name in DRIVERS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(json.loads(line))
        _tell(pid)
        _, status = os.waitpid(pid, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _run(request: dict[str, Any]) -> None:
    from landed.cli.main import main

    code: Any = 70
    try:
        _become(request)
        # One that hangs says where, and ends.
        faulthandler.dump_traceback_later(LONGEST, exit=True, file=2)
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code if isinstance(code, int) else 1)


def _become(request: dict[str, Any]) -> None:
    """Folder, environment and standard streams of the run."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    tempfile.tempdir = None
    sys.argv = ["landed", *request["args"]]
    streams = [os.open(os.devnull, os.O_RDONLY)]
    streams += [os.open(file, os.O_WRONLY | os.O_APPEND) for file in request["files"]]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = _writer(1, "strict"), _writer(2, "backslashreplace")


def _writer(number: int, errors: str) -> io.TextIOWrapper:
    """As the interpreter makes it; what is written to both comes in order under ``PYTHONUNBUFFERED``."""
    raw = io.FileIO(number, "w", closefd=False)
    if os.environ.get("PYTHONUNBUFFERED"):
        return io.TextIOWrapper(raw, encoding="utf-8", errors=errors, write_through=True)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors)


if __name__ == "__main__":
    serve()
