"""The clock of Postgres replays, in a thread of landed's own: time, disk, and the size of answers.

What a file sets on the server stops none of it. What is late is cancelled, then its session is ended, then
its process is killed (on a server of landed's own), then landed stops listening to it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from landed.engines.clock import Clock
from landed.engines.postgres.shadow.server.stopped import ANSWER_SHARE, Stopped, reason

if TYPE_CHECKING:
    from landed.engines.postgres.shadow.server.servers import ShadowServer
    from landed.engines.postgres.shadow.server.watched import Session

_PULSE = 0.1
"""Seconds between two looks."""
_STEPS = (0.0, 1.0, 3.0, 5.0)
"""Seconds after which it is tried harder to stop what is late."""
_WALK_EVERY = 20.0


class Stopwatch:
    """Looks after the sessions of one server, for as long as that is in use (:meth:`close`)."""

    def __init__(self, server: ShadowServer, clock: Clock) -> None:
        self.clock = clock
        self.own = not server.shared
        """Whether the server is landed's own: its memory and disk are, and its processes may be killed."""
        self._server = server
        self._folder = Path(server.host).parent if self.own else None
        self._free = _free(self._folder) if self._folder else 0
        self._walked = monotonic()
        self._running: dict[int, Session] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, session: Session) -> None:
        """A session waits for the server."""
        self._running[id(session)] = session
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_after, name="landed-stopwatch", daemon=True)
            self._thread.start()

    def end(self, session: Session) -> None:
        """It does not wait any more."""
        self._running.pop(id(session), None)

    def close(self) -> None:
        """Nobody uses the server any more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _look_after(self) -> None:
        while not self._ended.wait(_PULSE):
            for session in list(self._running.values()):
                # A session that was closed meanwhile, a server that is gone: nothing is late any more.
                with contextlib.suppress(Exception):
                    self._look(session)

    def _look(self, session: Session) -> None:
        since, now = session.since, monotonic()
        if since is None:
            return
        if session.verdict is not None:
            self._stop(session, now)
            return
        found = self._too_much(session, now - since)
        if found is not None and session.since == since:
            session.told, session.verdict = now, found
            self._stop(session, now)

    def _too_much(self, session: Session, lasted: float) -> Stopped | None:
        limits = self.clock.limits
        if self.clock.spent + lasted > limits.total_seconds:
            return Stopped("total_seconds", reason("total_seconds", limits))
        if lasted > limits.statement_seconds and self._is_late(session, lasted):
            return Stopped("statement_seconds", reason("statement_seconds", limits))
        memory = _memory()
        if session.memory is None:
            session.memory = memory
        elif memory - session.memory > limits.memory_bytes // ANSWER_SHARE:
            return Stopped("memory_bytes", reason("memory_bytes", limits, answer=True))
        if self._folder is not None and self._is_full(self._folder):
            return Stopped("disk_bytes", reason("disk_bytes", limits))
        return None

    def _is_late(self, session: Session, lasted: float) -> bool:
        """Whether it is one command that lasts so long: of a stream, answers come by the dozen."""
        if not session.stream:
            return True
        row = self._ask(
            "SELECT extract(epoch FROM clock_timestamp() - query_start)::float8"
            " FROM pg_catalog.pg_stat_activity WHERE pid = %s",
            session.pgconn.backend_pid,
        )
        if row is None or row[0] is None or row[0] > self.clock.limits.statement_seconds:
            return True
        if session.since is not None:
            self.clock.spent += lasted - row[0]
            session.since = monotonic() - row[0]
        return False

    def _is_full(self, folder: Path) -> bool:
        """Whether the server's folder holds too much; it is only looked through when the disk got fuller."""
        limit, free, now = self.clock.limits.disk_bytes, _free(folder), monotonic()
        if self._free - free < limit // 16 and now - self._walked < _WALK_EVERY:
            return False
        self._free, self._walked = free, now
        if _size(folder) <= limit:
            return False
        # What a file has left there besides its database would stay in the way of the next replay.
        (folder / "spoilt").touch()
        return True

    def _stop(self, session: Session, now: float) -> None:
        """The next step that is due against a session that was told to stop."""
        taken = sum(1 for after in _STEPS if now - session.told >= after)
        if session.steps >= taken:
            return
        session.steps = taken
        pid = session.pgconn.backend_pid
        if taken == 1:
            session.cancel_safe(timeout=2)
        elif taken == 2:
            self._ask("SELECT pg_catalog.pg_terminate_backend(%s)", pid)
        elif taken == 3 and self.own:
            _kill(pid)
        else:
            with socket.socket(fileno=os.dup(session.pgconn.socket)) as line:
                line.shutdown(socket.SHUT_RDWR)

    def _ask(self, sql: str, pid: int) -> Any:
        import psycopg

        given = {**self._server.parameters_for(self._server.admin), "connect_timeout": 3}
        try:
            with psycopg.connect(**given, autocommit=True) as connection:
                return connection.execute(sql, (pid,)).fetchone()
        except psycopg.Error:
            return None


def _kill(pid: int) -> None:
    """End a process of the server that hears nothing; the server starts its others anew."""
    try:
        name = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        name = b"postgres:"
    if name.startswith(b"postgres:"):
        os.kill(pid, signal.SIGKILL)


def _memory() -> int:
    """Bytes of memory that this process has in use."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _size(folder: Path) -> int:
    """Bytes on disk below a folder that is being written to."""
    whole, left = 0, [os.fspath(folder)]
    while left:
        with contextlib.suppress(OSError), os.scandir(left.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                    else:
                        whole += entry.stat(follow_symlinks=False).st_blocks * 512
    return whole
