"""One throw-away cluster: made once, started on demand, shared by all landed processes of a user.

Its folder holds ``data`` (the cluster) and ``s`` (the socket; there is no TCP port), which are the server's;
out of its reach lie its configuration, its ``log``, the ``plan`` of its start and three lock files:
``start.lock`` is held while it is made or started, ``users.lock`` (shared) by everybody who uses it, and
``watch.lock`` by the watchman who stops it. All locks are the system's and die with their holder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from landed.core.errors import CannotKnow, Code
from landed.core.limits import DEFAULT, Limits
from landed.engines.postgres.shadow.binaries import Binaries
from landed.engines.postgres.shadow.platform.standins import lay_out
from landed.engines.postgres.shadow.server import walled
from landed.engines.postgres.shadow.server.identity import server_identity
from landed.engines.postgres.shadow.server.locks import alive, flock, listens, read, stop
from landed.engines.postgres.shadow.server.outdated import sweep_clusters
from landed.engines.postgres.shadow.server.places import base_dir
from landed.engines.postgres.shadow.server.reachable import reachable_programs
from landed.engines.postgres.shadow.server.watch import post_watchman

FORMAT = 2
"""Raised whenever clusters made by an earlier landed must not be used again."""

PATIENCE = 30.0
"""Seconds that a server may take to start; recovery after a crash included."""

_SETTINGS = """\
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = replica
max_wal_senders = 0
max_replication_slots = 0
max_wal_size = 64MB
min_wal_size = 2MB
checkpoint_timeout = 1d
shared_buffers = 32MB
max_connections = 100
max_locks_per_transaction = 256
autovacuum = off
jit = off
max_parallel_workers = 0
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_min_messages = fatal
log_min_error_statement = panic
restart_after_crash = on
huge_pages = off
unix_socket_permissions = 0700
max_slot_wal_keep_size = 256MB
"""
# No durability, because nothing in it is worth keeping; no statement of the user's in any log. No replication
# slots: whoever may make a logical one names the library that is loaded for it.

Started = Callable[["Cluster", bool], None]
"""Called when the server was started, before anybody else can use it; the flag says that it is new."""


class Cluster:
    """A running throw-away cluster, in use until :meth:`close`."""

    def __init__(
        self,
        binaries: Binaries,
        superuser: str,
        *,
        limits: Limits = DEFAULT,
        key: str = "",
        settings: str = "",
        started: Started,
    ) -> None:
        self.binaries = binaries
        self.superuser = superuser
        self._identity = server_identity()
        self._settings = _SETTINGS + settings
        self._limits = limits
        base = base_dir(shared_with_nobody=self._identity.dropped)
        kept = f"{limits.memory_bytes}/{limits.disk_bytes}/{walled.UP}/{walled.NEWEST}"
        what = f"{FORMAT}/{binaries.identity}/{superuser}/{self._settings}/{kept}/{key}"
        self.root = base / f"{binaries.major}-{hashlib.sha256(what.encode()).hexdigest()[:12]}"
        self.data = self.root / "data"
        self.socket = self.root / "s"
        self.fresh = False
        """Whether this process started the server."""
        self.walls = walled.NONE
        """What stands between the server and this machine."""
        self._users: int | None = None
        starting = self._begin()
        try:
            self._users = flock(self.root / "users.lock", shared=True)
            self._make_anew_if_spoilt()
            self._up(started)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(starting)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop using the cluster. When this was its last user, the watchman stops the server."""
        if self._users is None:
            return
        os.close(self._users)
        self._users = None
        try:
            watched = flock(self.root / "watch.lock", shared=False, wait=False)
        except FileNotFoundError:
            return  # the folder was removed: its watchman finds the server nevertheless
        if watched is not None:
            # No watchman could be posted, or he is not there yet.
            os.close(watched)
            alone = flock(self.root / "users.lock", shared=False, wait=False)
            if alone is not None:
                stop(self.data, at_once=False)
                os.close(alone)

    def own(self, path: Path) -> None:
        """Give a file to the user that the server runs as."""
        self._identity.own(path)

    # Starting, under start.lock

    def _begin(self) -> int:
        """The lock to start under. Whoever removed an old cluster meanwhile also removed its lock."""
        while True:
            self.root.mkdir(mode=0o711, exist_ok=True)
            try:
                lock = flock(self.root / "start.lock", shared=False)
            except FileNotFoundError:
                continue
            assert lock is not None
            try:
                if os.path.samestat(os.fstat(lock), (self.root / "start.lock").stat()):
                    return lock
            except FileNotFoundError:
                pass
            os.close(lock)

    def _make_anew_if_spoilt(self) -> None:
        """What a replay has left behind that was stopped for want of room goes when nobody else is here."""
        import fcntl

        spoilt = self.root / "spoilt"
        if self._users is None or not spoilt.exists():
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            (self.root / "ready").unlink(missing_ok=True)
            spoilt.unlink()
        # Nobody else can have come meanwhile: they would need the lock to start under.
        fcntl.flock(self._users, fcntl.LOCK_SH)

    def _up(self, started: Started) -> None:
        made = self.root / "ready"
        if read(made) != _boot() or not (self.data / "PG_VERSION").exists():
            self._make(started)
            return
        os.utime(made)
        if self._answers():
            post_watchman(self.root, self._identity)
            self.walls = walled.told(json.loads(read(self.root / "walls")))
            return
        try:
            self._start()
            started(self, False)
        except Exception:
            # Whatever is wrong with it: nothing in it is worth a repair.
            self._make(started)

    def _make(self, started: Started) -> None:
        stop(self.data)
        (self.root / "ready").unlink(missing_ok=True)
        for folder in (self.data, self.socket):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            self._identity.own(folder)
        programs = self._programs()
        initdb = programs / self.binaries.program("initdb").name
        options = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--wal-segsize=1"]
        self._identity.run([initdb, *options, "-U", self.superuser, "-D", self.data], "initdb")
        layout = lay_out(self.root, self.binaries, self.binaries._replace(bindir=programs))
        settings = f"{self._settings}{layout.settings}unix_socket_directories = '{_escaped(self.socket)}'\n"
        # Out of the server's reach: what is written in its own folder it could write itself.
        _publish(self.root / "postgresql.conf", settings)
        _publish(self.root / "pg_hba.conf", "local all all trust\n")
        plan = self._plan(layout.postgres, self.binaries._replace(bindir=programs))
        (self.root / "plan").write_text(json.dumps(plan))
        self._start()
        started(self, True)
        (self.root / "ready").write_text(_boot())
        sweep_clusters(self.root.parent, keep=self.root)

    def _plan(self, postgres: Path, source: Binaries) -> dict[str, Any]:
        """How the server is started: :func:`landed.engines.postgres.shadow.walls.launch.main`."""
        fixed = {
            "config_file": str(self.root / "postgresql.conf"),
            "hba_file": str(self.root / "pg_hba.conf"),
            "listen_addresses": "",
            "temp_file_limit": f"{self._limits.disk_bytes // 1024}kB",
        }
        identity = self._identity
        loaded = walled.loaded_libraries(postgres, identity)
        return {
            # On the command line, so that no ALTER SYSTEM changes them.
            "command": [str(postgres), "-D", str(self.data), *_options(fixed)],
            "environment": {**identity.options()["env"], "OPENSSL_CONF": "/dev/null"},
            "log": str(self.root / "log"),
            "rights": walled.rights(source, postgres, self.root, loaded),
            "user": identity.uid if identity.dropped else None,
            "group": identity.gid if identity.dropped else None,
            "memory": self._limits.memory_bytes,
            "file_size": self._limits.disk_bytes,
            "walls": walled.UP,
            "newest": walled.NEWEST,
        }

    def _start(self) -> None:
        post_watchman(self.root, self._identity)
        self._remove_stale_pid()
        for left in (self.root / "log", self.data / "postgresql.auto.conf"):
            left.unlink(missing_ok=True)
        answer = walled.start(json.loads(read(self.root / "plan")))
        # The driver takes longer to load than the server to start: let them do so at the same time.
        import psycopg  # noqa: F401

        told = answer()
        (self.root / "pid").write_text(f"{told['pid']}\n")
        self.walls = walled.told(told)
        end = time.monotonic() + PATIENCE
        while not self._says_ready():
            if not alive(told["pid"]) or time.monotonic() > end:
                words = tuple(read(self.root / "log").strip().splitlines()[-6:])
                raise CannotKnow(
                    f"the shadow's Postgres {self.binaries.major} did not start",
                    code=Code.SHADOW,
                    details=words,
                )
            time.sleep(0.002)
        (self.root / "walls").write_text(json.dumps(told))
        self.fresh = True

    def _says_ready(self) -> bool:
        lines = read(self.data / "postmaster.pid").splitlines()
        return len(lines) > 7 and lines[7].startswith("ready")

    def _answers(self) -> bool:
        """Whether the server listens; one that is just starting gets its time."""
        end = time.monotonic() + PATIENCE
        while listens(self.socket):
            if self._says_ready():
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return False

    def _remove_stale_pid(self) -> None:
        """Under the locks held here only a server that was being started when landed was killed may run.

        Postgres itself would take a stale file for valid when its number now belongs to another process.
        """
        if (self.data / "postmaster.pid").exists():
            stop(self.data)
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        for file in self.socket.glob(".s.*"):
            file.unlink(missing_ok=True)

    def _programs(self) -> Path:
        if not self._identity.dropped:
            return self.binaries.bindir
        return reachable_programs(self.binaries, self.root.parent)


def _boot() -> str:
    """Which start of the machine this is: without fsync no cluster outlives a crash of the system."""
    return f"{FORMAT} {read(Path('/proc/sys/kernel/random/boot_id')).strip()}"


def _options(settings: Mapping[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _publish(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)


def _escaped(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"').replace("'", "''") + '"'
