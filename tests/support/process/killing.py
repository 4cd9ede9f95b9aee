"""Run landed in a child and kill it with SIGKILL at one call into SQLite; a script, since it forks.

``python killing.py PROJECT SCRATCH COMMAND…`` copies the project once per point, counts the calls of an
uninterrupted run, kills a child before each of them (and after each COMMIT), lets ``landed COMMAND`` finish
the work in another child, and prints one JSON line per point: what was killed, how the second run ended, and
the state that it left. The first line is the uninterrupted run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import apsw

from landed.cli.failure import run
from landed.cli.main import cli
from landed.engines.sqlite.catalog.facts import SchemaRow, snapshot

REAL = apsw.Connection
LEDGER = "d1_migrations"


class Dying(REAL):
    """A connection that kills its process before or after the n-th call on the watched database."""

    watched = ""
    before: int | None = None
    after: int | None = None
    calls: list[str] = []  # noqa: RUF012

    def execute(self, statements: str, *args: Any, **named: Any) -> Any:
        if not self.filename.endswith(self.watched):
            return super().execute(statements, *args, **named)
        Dying.calls.append(statements)
        if Dying.before == len(Dying.calls):
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return super().execute(statements, *args, **named)
        finally:
            if Dying.after == len(Dying.calls):
                os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Any) -> tuple[int, str]:
    """Run in a forked child: exit code (or minus the signal) and what it wrote to its pipe."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        code = 70
        try:
            with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                code = work(pipe)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), text


def landed(folder: Path, words: list[str], *, before: int | None = None, after: int | None = None) -> Any:
    def work(pipe: Any) -> int:
        os.chdir(folder)
        os.environ["LANDED_CACHE_DIR"] = str(folder.parent / "cache")
        Dying.before, Dying.after, Dying.calls, Dying.watched = before, after, [], ".sqlite"
        apsw.Connection = Dying  # type: ignore[misc]
        sys.stdout = sys.stderr = pipe
        code = run(cli, words)
        print(json.dumps(Dying.calls), file=pipe)
        return code

    return in_child(work)


def state(folder: Path) -> dict[str, Any]:
    """Facts, ledger and rows of the project's database, and its lock file."""
    files = list(folder.rglob("*.sqlite"))
    if not files:
        return {}
    connection = REAL(str(files[0]))
    rows = [
        SchemaRow(*row) for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    ]
    tables = [r.name for r in rows if r.type == "table" and not r.name.startswith(("sqlite_", "d1_"))]
    content = {}
    for table in tables:
        if not any(table.startswith(r.name + "_") for r in rows if "VIRTUAL" in (r.sql or "").upper()):
            quoted = '"' + table.replace('"', '""') + '"'
            content[table] = sorted(map(repr, connection.execute(f"SELECT * FROM {quoted}")))
    ledger = [n for (n,) in connection.execute(f"SELECT name FROM {LEDGER} ORDER BY id")]
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    whole = connection.execute("PRAGMA integrity_check").get
    connection.close()
    lock = folder / "landed.lock"
    return {
        "facts": {str(k): v for k, v in sorted(snapshot(rows, LEDGER).items())},
        "ledger": ledger,
        "rows": content,
        "broken": broken,
        "integrity": whole,
        "lock": lock.read_text(encoding="utf-8") if lock.exists() else "",
    }


def tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def main(project: Path, scratch: Path, words: list[str]) -> None:
    def copy(name: str) -> Path:
        return Path(shutil.copytree(project, scratch / name))

    whole = copy("whole")
    code, text = landed(whole, words)
    calls = json.loads(text.splitlines()[-1])
    tell({"code": code, "text": text, "calls": len(calls), "state": state(whole)})
    for number in range(1, len(calls) + 1):
        for when in ("before", "after") if calls[number - 1] == "COMMIT" else ("before",):
            folder = copy(f"{number}-{when}")
            killed, _ = landed(folder, words, **{when: number})
            code, text = landed(folder, words)
            found = state(folder)
            shutil.rmtree(folder)
            point = f"{when} call {number} of {len(calls)}: {' '.join(calls[number - 1].split())[:80]}"
            tell({"point": point, "killed": killed, "code": code, "text": text, "state": found})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
