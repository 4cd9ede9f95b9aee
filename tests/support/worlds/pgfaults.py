"""A project on a real Postgres server, a proxy that disturbs it, and what is true of its database afterwards.

Every file writes its name into the table ``runs``, so that nothing can run twice unseen; ``truth`` is read by
a session that neither landed nor the proxy knows of.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed
from support.servers.pgservers import remove_servers
from support.servers.tcpproxy import TcpProxy, When

LEDGER = "supabase_migrations.schema_migrations"


class Unit(NamedTuple):
    """What commits together: rows that it adds to ``runs``, and a query that is true while it is there."""

    rows: tuple[str, ...]
    there: str


class File(NamedTuple):
    """A migration and the units that it is made of; only the last one records it."""

    text: str
    units: tuple[Unit, ...]


def _column(table: str, name: str) -> str:
    return (
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass("
        f"'{table}') AND attname = '{name}' AND NOT attisdropped)"
    )


FILES = {
    "0001_users.sql": File(
        "CREATE TABLE runs (what text);\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n"
        "INSERT INTO runs VALUES ('0001');\n",
        (Unit(("0001",), "to_regclass('users') IS NOT NULL"),),
    ),
    "0002_index.sql": File(
        "ALTER TABLE users ADD COLUMN seen text;\nINSERT INTO runs VALUES ('0002');\n"
        "CREATE INDEX CONCURRENTLY users_seen ON users (seen);\nALTER TABLE users ADD COLUMN last text;\n"
        "INSERT INTO runs VALUES ('0002 end');\n",
        (
            Unit(("0002",), _column("users", "seen")),
            Unit((), "EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('users_seen'))"),
            Unit(("0002 end",), _column("users", "last")),
        ),
    ),
    "0003_trigger.sql": File(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';\n"
        "CREATE TRIGGER noted BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note();\n"
        "INSERT INTO runs VALUES ('0003');\n",
        (Unit(("0003",), "EXISTS (SELECT FROM pg_trigger WHERE tgname = 'noted')"),),
    ),
}


class Truth(NamedTuple):
    """The database as it is: which units of each file are there, the names in ``runs``, the ledger."""

    there: dict[str, tuple[bool, ...]]
    runs: list[str]
    recorded: list[str]


@dataclass(slots=True)
class Done:
    """One run of landed; ``code`` is minus the signal of one that was killed."""

    code: int
    body: dict[str, Any]
    stderr: str

    @property
    def told(self) -> str:
        error = self.body["error"]
        assert "landed itself failed" not in error["message"], error
        return "\n".join([error["message"], *error["details"]])


Action = Callable[[], None]
"""What is done to the rest of the world while everything waits for the proxy."""


class Disturbed(TcpProxy):
    """A proxy that does something at the n-th SQL text after a writing session's first, its lock.

    ``points`` are these texts, ``ends`` the numbers of those after which the server's answer was waited for.
    """

    def __init__(self, upstream: tuple[str, int] | str) -> None:
        super().__init__(upstream)
        self.points: list[str] = []
        self.ends: list[int] = []
        self._at = 0
        self._when: When = "before"
        self._action: Action | None = None
        self._cutting = True
        self._all = False
        self._due_now = False

    def disturb(
        self,
        at: int = 0,
        when: When = "before",
        action: Action | None = None,
        *,
        cutting: bool = True,
        all: bool = False,
    ) -> None:
        """From now on, once; without ``at`` nothing happens.

        ``before``: the server does not get the text; ``after``: it has answered, and nobody hears it. The
        connection is cut. With ``action`` that is done first, at the same moment; without ``cutting`` it is
        all that is done. ``all`` counts the texts of reading sessions, too.
        """
        self.points, self.ends, self._due_now = [], [], False
        self._at, self._when, self._action, self._cutting, self._all = at, when, action, cutting, all

    def _sql(self, text: str) -> When | None:
        super()._sql(text)
        with self._lock:
            if not (self._all or self.points) and "pg_try_advisory_lock" not in text:
                return None
            self.points.append(text)
            if len(self.points) != self._at:
                return None
        if self._action is not None and self._when == "after":
            self._due_now = True
            return None
        self._act()
        return self._when if self._cutting else None

    def _add(self, *, round_trips: int = 0, turns: int = 0) -> None:
        super()._add(round_trips=round_trips, turns=turns)
        if round_trips and self.points:
            self.ends.append(len(self.points))
            if self._due_now:
                self._due_now = False
                self._act()

    def _act(self) -> None:
        self.cuts += 1
        if self._action is not None:
            self._action()


@contextlib.contextmanager
def answered(connection: psycopg.Connection[Any], seconds: float = 10.0) -> Iterator[None]:
    """Whoever waits for an answer is not left waiting by a server that was stopped in the middle of things:
    after so long the connection is cut, which is an OperationalError."""

    def cut() -> None:
        with (
            contextlib.suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(connection.fileno())) as line,
        ):
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Project:
    """A folder with migrations, one database behind a proxy, and landed."""

    def __init__(self, top: Path, scratch: Scratch, proxy: Disturbed, files: Mapping[str, File]) -> None:
        self.folder = top / "project"
        self.files = files
        self.proxy = proxy
        self.scratch = scratch
        self.url = f"postgresql://{scratch.server.superuser}@127.0.0.1:{proxy.port}/{scratch.name}"
        (self.folder / "migrations").mkdir(parents=True)
        for name, file in files.items():
            (self.folder / "migrations" / name).write_text(file.text)
        self.environ = {name: os.environ[name] for name in ("LANDED_SHADOW_DIR",)}
        self.environ |= {"LANDED_TARGET": self.url, "GIT_CEILING_DIRECTORIES": str(top)}
        self.process = Landed(self.folder, top / "cache", **self.environ)
        self._witness = scratch.connect()
        self._again = threading.Lock()
        self._followed: set[str] = set()

    def close(self) -> None:
        self._witness.close()

    def landed(self, *words: str) -> Done:
        """A run of landed, in a process of its own, whose connections end with it."""
        answer = self.process(*words, code=None)
        if self.proxy.failures:
            raise self.proxy.failures.pop(0)
        return Done(answer.code, answer.body if answer.code >= 0 else {}, answer.stderr)

    def kill(self) -> None:
        """End the run that is under way with SIGKILL."""
        while self.process.pid is None:
            time.sleep(0.001)
        os.kill(self.process.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """End every session of landed in the database, as an administrator does."""
        self._witness.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )

    def alone(self) -> None:
        """Wait until the server has noticed that everybody else has gone."""
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        end = time.monotonic() + 60
        while True:
            try:
                with answered(self._witness):
                    if self._witness.execute(query).fetchone() == (0,):
                        return
            except psycopg.OperationalError:
                # A server that was stopped may end the witness's session, too, until it has come back.
                with contextlib.suppress(psycopg.OperationalError):
                    self.again()
            assert time.monotonic() < end, "a session of landed does not end"
            time.sleep(0.005)

    def fresh(self) -> None:
        """An empty database, no lock file, a network that is well."""
        self.proxy.disturb()
        self.proxy.refuse = False
        self.alone()
        for sql in (
            "DROP TABLE IF EXISTS runs, users CASCADE",
            "DROP FUNCTION IF EXISTS note",
            "DROP SCHEMA IF EXISTS supabase_migrations CASCADE",
        ):
            self._witness.execute(sql)
        (self.folder / "landed.lock").unlink(missing_ok=True)

    def again(self) -> None:
        """The witness's own connection, after a restart of the server.

        The thread that restarts it and the one that waits for it may both want that: of two connections one
        would stay behind, and be taken for landed's.
        """
        with self._again:
            self._witness.close()
            self._witness = self.scratch.connect()

    def truth(self) -> Truth:
        self.alone()
        units = [unit.there for file in self.files.values() for unit in file.units]
        look = self._witness.execute
        row = list(look(f"SELECT {', '.join(units)}".encode()).fetchone() or ())
        there = {name: tuple(row.pop(0) for _ in file.units) for name, file in self.files.items()}
        exists = "SELECT to_regclass('runs') IS NOT NULL, to_regclass(%s) IS NOT NULL"
        runs, ledger = look(exists, (LEDGER,)).fetchone() or ()
        return Truth(
            there,
            [what for (what,) in look("SELECT what FROM runs ORDER BY what")] if runs else [],
            [v for (v,) in look(f"SELECT version FROM {LEDGER} ORDER BY version".encode())] if ledger else [],
        )

    def hold(self, truth: Truth) -> None:
        """What must be so at any moment: whole units, nothing twice, nothing recorded that is not there."""
        rows = [
            row
            for name, file in self.files.items()
            for unit, there in zip(file.units, truth.there[name], strict=True)
            for row in unit.rows * there
        ]
        assert truth.runs == sorted(rows), "half a transaction, or one twice"
        for name in self.files:
            if name[:4] in truth.recorded:
                assert all(truth.there[name]), f"{name} is recorded and is not there"

    def standings(self, truth: Truth) -> dict[str, set[str]]:
        """What landed may say of each file."""
        said = {}
        for name in self.files:
            there = truth.there[name]
            if name[:4] in truth.recorded:
                said[name] = {"ok"}
            elif all(there):
                said[name] = {"unrecorded"}
            else:
                said[name] = {"partial"} if any(there) else {"pending"}
        return said

    def told_and_finished(self, truth: Truth) -> None:
        """``status`` says what is so, and what it says is next leads to the end. Once for every state."""
        if repr(truth) not in self._followed:
            self.told_truly(truth)
            self.finish()
            self._followed.add(repr(truth))

    def told_truly(self, truth: Truth) -> None:
        """``status`` says what is so."""
        status = self.landed("status")
        assert status.code == 0, status
        found = {m["name"]: m["standing"] for m in status.body["migrations"]}
        for name, allowed in self.standings(truth).items():
            assert found[name] in allowed, (name, found[name], truth)

    def finish(self) -> None:
        """Follow what ``status`` says is next until nothing is left: everything is there exactly once."""
        for _ in range(6):
            truth = self.truth()
            if len(truth.recorded) == len(self.files):
                break
            status = self.landed("status")
            assert status.code == 0, status.told
            partial = [m for m in status.body["migrations"] if m["standing"] in ("partial", "unrecorded")]
            words = shlex.split(partial[0]["next"].partition("\n")[0])[1:] if partial else ["apply"]
            done = self.landed(*words, "--yes")
            if done.code == 4:
                done = self.landed(*self._answered(partial[0]["name"], done, truth), "--yes")
            assert done.code == 0, (done, truth)
        truth = self.truth()
        self.hold(truth)
        assert truth.recorded == [name[:4] for name in self.files]
        verified = self.landed("verify")
        assert verified.code == 0, verified

    def _answered(self, name: str, asking: Done, truth: Truth) -> list[str]:
        """The command that landed asks for, with the word of somebody who has looked into ``runs``."""
        lines = self.files[name].text.splitlines()  # one statement in each
        words = ["resume", name]
        for number in {int(n) for n in re.findall(r"--ran (\d+)", asking.body["error"]["next"])}:
            row = re.search(r"INSERT INTO runs VALUES \('(.*)'\)", lines[number - 1])
            assert row is not None, lines[number - 1]
            words += ["--ran" if row[1] in truth.runs else "--run", str(number)]
        return words


@contextlib.contextmanager
def own_shadow() -> Iterator[Path]:
    """A place of its own for the servers that landed starts, removed afterwards."""
    shm = "/dev/shm"
    folder = Path(tempfile.mkdtemp(prefix="lt", dir=shm if os.access(shm, os.W_OK) else None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDED_SHADOW_DIR", str(folder))
        yield folder
        remove_servers(folder)


@contextlib.contextmanager
def project_on(server: ShadowServer, top: Path) -> Iterator[Project]:
    """A project on a new database of a server, its history replayed once."""
    with own_shadow(), new_database(server) as scratch, project_in(scratch, top) as project:
        yield project


@contextlib.contextmanager
def project_in(scratch: Scratch, top: Path, *, replayed: bool = True) -> Iterator[Project]:
    """A project on a database that is there and empty; its history is replayed once."""
    with Disturbed(f"{scratch.server.host}/.s.PGSQL.{scratch.server.port}") as proxy:
        project = Project(top, scratch, proxy, FILES)
        try:
            if replayed:
                assert project.landed("status").code == 0
            yield project
        finally:
            project.close()
