"""A network that fails at every request of a remote ``apply``: landed says what is true, its advice works.

Every fault is injected at every request of a run of three files. After each, landed's report is compared
with the stand-in's real database, then the printed next command is followed on a network that is well again:
the end state is that of an uninterrupted run, and nothing was applied twice. ``pytest -s`` prints the
table; ``LANDED_TABLE`` names a file for it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from landed.cli.failure import run as run_cli
from landed.cli.main import cli
from landed.engines.d1.api import Api
from support.servers.d1_standin import LATE, Fault, StandIn
from support.worlds.remoteworld import REMOTE, RemoteWorld

pytestmark = pytest.mark.wrangler
FILES = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n"
    "INSERT INTO users (name) VALUES ('a');",
    "0002_log.sql": "CREATE TABLE log (user INTEGER REFERENCES users(id), what TEXT);\n"
    "CREATE INDEX log_user ON log (user);\nINSERT INTO log VALUES (1, 'made');",
    "0003_trigger.sql": "ALTER TABLE users ADD COLUMN seen TEXT;\n"
    "CREATE TRIGGER seen after update on users begin insert into log values (new.id, 'seen'); end;",
}
NAMES = list(FILES)
READ_1, READ_2, BOOKMARK, WRITE_1 = 1, 2, 3, 4
LAST = 6
FOR_GOOD = 99
ONCE = (
    *("drop", "drop-after", "reset", "reset-after", "500", "502-after", "hang", "hang-after"),
    *("malformed-after", "429", "revoked", "deleted"),
)
LASTING: dict[str, Callable[[int], tuple[Fault, ...]]] = {
    "drop, for good": lambda n: (Fault("drop", n, FOR_GOOD),),
    "500, for good": lambda n: (Fault("500", n, FOR_GOOD),),
    "429, for good": lambda n: (Fault("429", n, FOR_GOOD),),
    "drop-after, then nothing": lambda n: (Fault("drop-after", n), Fault("drop", n + 1, FOR_GOOD)),
    "502-after, then nothing": lambda n: (Fault("502-after", n), Fault("reset", n + 1, FOR_GOOD)),
    "hang-after, then nothing": lambda n: (Fault("hang-after", n), Fault("drop", n + 1, FOR_GOOD)),
}
KINDS = (*ONCE, *LASTING)


class Row(NamedTuple):
    """One line of the table."""

    fault: str
    request: int
    code: int
    really: int
    """How many files the database has after the fault."""
    said: str
    followed: str


TABLE: list[Row] = []


@dataclass(slots=True)
class Done:
    """One run of landed in this process."""

    code: int
    body: dict[str, Any]
    stderr: str

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["error"]
        assert "landed itself failed" not in found["message"], found
        return found


class Remote:
    """The project, the stand-in, and landed in this process: some hundred runs are wanted."""

    def __init__(self, world: RemoteWorld) -> None:
        self.world = world
        self.standin = world.standin
        self.waits: list[float] = []

    def landed(self, *words: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_cli(cli, [*words, "--json"])
        assert "Traceback" not in err.getvalue()
        return Done(code, json.loads(out.getvalue()), err.getvalue())

    def fresh(self) -> None:
        """An empty database, no lock file, a network that is well."""
        self.standin.inject()
        tables = ["d1_migrations", *self.standin.tables()]
        self.standin.database.query([{"sql": f'DROP TABLE IF EXISTS "{t}"'} for t in tables])
        (self.world.folder / "landed.lock").unlink(missing_ok=True)
        self.waits.clear()

    def state(self) -> dict[str, Any]:
        """The schema, the rows, the ledger."""
        look = self.standin.database.look
        return {
            "schema": sorted(
                look("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
            ),
            "rows": {t: look(f'SELECT * FROM "{t}"') for t in self.standin.tables()},
            "ledger": self.standin.ledger(),
        }

    def locked(self) -> list[str]:
        """The files that the lock file says were applied."""
        lock = self.world.folder / "landed.lock"
        return [n for n in NAMES if n in lock.read_text()] if lock.exists() else []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteWorld]:
    with StandIn(tmp_path_factory.mktemp("standin"), keep=False) as standin:
        yield RemoteWorld(tmp_path_factory.mktemp("faults") / "project", FILES, standin)


@pytest.fixture
def remote(running: RemoteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    found = Remote(running)
    for name, value in running.standin.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANDED_CACHE_DIR", str(running.folder.parent / "cache"))
    monkeypatch.setenv("LANDED_TIMEOUT", "3")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(running.folder.parent))
    monkeypatch.chdir(running.folder)
    defaults = Api.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "sleep", found.waits.append)
    return found


@pytest.fixture(scope="module")
def whole(running: RemoteWorld) -> dict[str, Any]:
    """The state after an uninterrupted run; filled by the first test."""
    return {}


def test_an_uninterrupted_run(remote: Remote, whole: dict[str, Any]) -> None:
    remote.fresh()
    done = remote.landed("apply", "--yes", *REMOTE)
    assert done.code == 0, done
    assert remote.standin.actions() == ["query", "query", "bookmark", "query", "query", "query"]
    whole.update(remote.state())
    assert whole["ledger"] == NAMES == remote.locked()
    assert [len(rows) for rows in whole["rows"].values()] == [1, 1]


@pytest.mark.parametrize("request_number", range(1, LAST + 1))
@pytest.mark.parametrize("kind", KINDS)
def test_fault(
    kind: str,
    request_number: int,
    remote: Remote,
    whole: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remote.fresh()
    if kind.startswith("hang"):
        monkeypatch.setenv("LANDED_TIMEOUT", "1")  # it is waited out in full
    remote.standin.inject(
        *(LASTING[kind](request_number) if kind in LASTING else [Fault(kind, request_number)])
    )
    done = remote.landed("apply", "--yes", *REMOTE)
    really = remote.standin.ledger()

    said = held_to_the_truth(done, really, remote, kind)
    for name in NAMES:
        sent = [
            r for r in remote.standin.requests if r.status != 429 and any(f"'{name}'" in q for q in r.sql)
        ]
        assert len(sent) <= 1, "a write was sent twice"
    if request_number >= WRITE_1:
        happened = "after" in kind
        assert really[: request_number - WRITE_1] == NAMES[: request_number - WRITE_1]
        assert (len(really) > request_number - WRITE_1) or not happened
    if kind == "429":
        assert remote.waits == [1.0]
        assert "asks to wait 1 s" in done.stderr

    followed = follow(done, remote)
    assert remote.state() == whole, "the end state is that of an uninterrupted run"
    assert set(remote.locked()) == set(NAMES)
    status = remote.landed("verify", *REMOTE)
    assert (status.code, {m["standing"] for m in status.body["migrations"]}) == (0, {"ok"})
    TABLE.append(Row(kind, request_number, done.code, len(really), said, followed))


def held_to_the_truth(done: Done, really: list[str], remote: Remote, kind: str) -> str:
    """What landed said, in few words, after it was compared with the database."""
    if done.code == 0:
        assert [f["outcome"] for f in done.body["files"]] == ["applied"] * 3
        assert really == NAMES
        lost = sum("reply was lost" in (f.get("note") or "") for f in done.body["files"])
        return "applied; a reply was lost" if lost else "applied"
    error = done.error
    told = "\n".join([error["message"], *error["details"]])
    assert done.code in (1, 3)
    before = re.search(r"Applied before, proven and recorded: (.*?)\. Not run", told)
    claimed = before[1].split(", ") if before else []
    named = next((n for n in NAMES if n in error["message"]), None)
    assert remote.locked() == claimed
    if error["kind"] == "Ambiguous":
        assert done.code == 3
        assert named is not None and really in (claimed, [*claimed, named])
        return f"not known whether {named} was applied"
    assert really == claimed, "what was not told as applied is not there"
    if named is None:
        assert done.code == 3
        assert not claimed
        return f"could not find out: {error['message'][:60]}"
    assert re.search(r"was not (applied|run)", error["message"]), error
    return f"{named} was not applied"


def follow(done: Done, remote: Remote) -> str:
    """Run what landed printed as next, on a network that is well again."""
    remote.standin.inject()
    if done.code == 0:
        return ""
    commands = re.findall(r"\blanded (?:--|apply|status|doctor)[^\n(]*", done.error["next"] or "")
    words = [shlex.split(command)[1:] for command in commands]
    if not any("apply" in w for w in words):
        # "Try again": the same command.
        words.append(["apply", *REMOTE])
    for line in words:
        again = remote.landed(*line, *(["--yes"] if "apply" in line else []))
        assert again.code == 0, (line, again)
    return "; ".join(next(w for w in line if not w.startswith(("-", "d1:"))) for line in words)


def test_a_write_that_arrives_after_landed_gave_up(remote: Remote, whole: dict[str, Any]) -> None:
    """It is told as not applied, with a warning; when it is there after all, nothing is applied twice."""
    remote.fresh()
    remote.standin.inject(Fault(LATE, WRITE_1 + 1))
    done = remote.landed("apply", "--yes", *REMOTE)
    assert done.code == 1
    assert remote.standin.ledger() == NAMES[:1]
    assert any("still be under way" in line and "cannot run twice" in line for line in done.error["details"])
    remote.standin.late.set()
    while remote.standin.late.is_set():
        time.sleep(0.01)
    assert remote.standin.ledger() == NAMES[:2]
    follow(done, remote)
    assert remote.state() == whole


def test_the_table() -> None:
    requests = ("read", "read", "bookmark", "file 1", "file 2", "file 3")
    lines = [f"{'fault':<26} request      exit  files there  what landed said -> what was followed"]
    for row in TABLE:
        request = f"{row.request} {requests[row.request - 1]}"
        then = f" -> {row.followed}" if row.followed else ""
        lines.append(f"{row.fault:<26} {request:<12} {row.code:>4}  {row.really:>11}  {row.said}{then}")
    table = "\n".join(lines) + "\n"
    sys.stdout.write("\n" + table)
    if os.environ.get("LANDED_TABLE"):
        Path(os.environ["LANDED_TABLE"]).write_text(table)
    for row in TABLE:
        # A lost reply to a committed file is told as applied, unless nobody can be asked any more.
        if row.fault in ONCE and row.fault.endswith("-after"):
            assert row.code == 0, row
        if row.fault.endswith("then nothing") and row.request >= WRITE_1:
            assert row.said == f"not known whether {NAMES[row.request - WRITE_1]} was applied"
        if row.fault == "429":
            assert row.code == 0, row
