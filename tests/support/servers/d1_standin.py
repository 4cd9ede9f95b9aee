"""A stand-in for the REST front of Cloudflare D1, over Miniflare's real D1, with a network that can fail.

The real wrangler talks to it unmodified (``CLOUDFLARE_API_BASE_URL``), and so does landed. SQL is run by D1's
own runtime, statements of one request as one transaction; everything else here is thin.

What it cannot show: the hosted splitter (its known mistakes with triggers are imitated, ``splits_badly``, in
a batch, too), whether a batch is a transaction on the hosted service under every failure, the 30 s limit of
a call, replication, sessions, Time Travel's real granularity and age limit (a bookmark is a copy of the
file, made at each write), the exact bodies of errors beyond those documented, how a read-only token is
refused (here: 403, code 7403, as in workers-sdk#15774, decided by SQLite's own idea of what writes), ``raw``
with two columns of one name, that an import runs with foreign keys off, and how soon a database that was made
or deleted is known everywhere, or how many an account may have.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from support.clients.wrangler import DATABASE_ID, BatchFailed, Run, Wrangler, unapplied_names
from support.servers.d1_standin_database import Database, cuts, split, split_badly

BASE = "/client/v4"
ACCOUNT = "0123456789abcdef0123456789abcdef"
EDIT, READ = "token-that-may-edit", "token-that-may-only-read"

BEFORE = ("drop", "reset", "500", "hang", "429", "revoked", "deleted")
"""Faults after which the request was not processed."""
LATE, SLOW = "late", "slow"
"""Processed when the test says so: after the client gave up, or while it waits."""
AFTER = ("drop-after", "reset-after", "502-after", "hang-after", "malformed-after")
"""Faults after which it was, and the client is not told."""


class Fault(NamedTuple):
    """What goes wrong at the request number ``at`` (from 1), and at ``times`` - 1 more after it."""

    kind: str
    at: int
    times: int = 1

    def hits(self, number: int) -> bool:
        return self.at <= number < self.at + self.times


@dataclass(slots=True)
class Seen:
    """One request: ``action`` is ``query``, ``import``, …, ``database``, ``bookmark``, ``restore``."""

    method: str
    action: str
    path: str
    agent: str
    sql: tuple[str, ...] = ()
    status: int = 0
    fault: str = ""


@dataclass(slots=True)
class Answer:
    """Status, body (JSON, or bytes as they are) and headers."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def ok(result: Any) -> Answer:
    return Answer(200, {"result": result, "success": True, "errors": [], "messages": []})


def refusal(status: int, code: int, message: str) -> Answer:
    errors = [{"code": code, "message": message}]
    return Answer(status, {"result": None, "success": False, "errors": errors, "messages": []})


MAY_NOT = refusal(403, 7403, "The given account is not valid or is not authorized to access this service")


class StandIn:
    """The API of one account with one database, and with those made through it, on a port of this machine;
    use it in a ``with`` block."""

    def __init__(self, folder: Path, name: str = "test-db", uuid: str = DATABASE_ID, *, keep: bool = True):
        self.database = Database(folder / "hosted", uuid, name, keep=keep)
        self.made: dict[str, Database] = {}
        """Databases made through the API, by id, each a Miniflare of its own."""
        self._folder = folder
        self.tokens = {EDIT: "edit", READ: "read"}
        self.requests: list[Seen] = []
        self.faults: tuple[Fault, ...] = ()
        self.delay = 0.0
        """Seconds that every request takes longer: the way to Cloudflare and back."""
        self.splits_badly = False
        self.deleted = False
        self.revoked = False
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.late = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.standin = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.late.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for database in (self.database, *self.made.values()):
            database.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{BASE}"

    def environ(self, token: str = EDIT) -> dict[str, str]:
        """The variables that lead wrangler and landed here."""
        return {
            "CLOUDFLARE_API_BASE_URL": self.url,
            "CLOUDFLARE_API_TOKEN": token,
            "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        }

    def inject(self, *faults: Fault) -> None:
        """Forget the requests so far, make all well again, and let these go wrong."""
        with self.lock:
            self.requests = []
            self.faults = faults
            self.deleted = self.revoked = False

    def actions(self, agent: str = "") -> list[str]:
        """What was asked for, in order, by clients whose user agent starts with this."""
        return [seen.action for seen in self.requests if seen.agent.startswith(agent)]

    # -- the truth --------------------------------------------------------------------------------

    def ledger(self) -> list[str]:
        """The names in the ledger in the order of its rows, as often as they are there."""
        if not self.database.look("SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'"):
            return []
        return [name for (name,) in self.database.look("SELECT name FROM d1_migrations ORDER BY id")]

    def tables(self) -> list[str]:
        """The user's tables."""
        found = self.database.look("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [n for (n,) in found if not n.startswith(("_cf_", "sqlite_")) and n != "d1_migrations"]

    # -- the API ----------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes, token: str) -> Answer:
        """Process one request."""
        rights = None if self.revoked else self.tokens.get(token)
        if path.startswith("/_upload/"):
            etag = self.database.upload(path.rpartition("/")[2], body)
            return Answer(200, b"", {"etag": f'"{etag}"'})
        if rights is None:
            return refusal(401, 10000, "Authentication error")
        parts = [unquote(part) for part in path.strip("/").split("/")]
        account = {"id": ACCOUNT, "name": "Stand-in", "type": "standard"}
        match (method, parts):
            case "GET", ["user"]:
                return ok({"id": "user", "email": "me@example.invalid"})
            case "GET", ["user", "tokens", "verify"]:
                return ok({"id": "token", "status": "active"})
            case "GET", ["memberships"]:
                return ok([{"id": "membership", "status": "accepted", "account": account}])
            case "GET", ["accounts"]:
                return ok([account])
            case _, ["accounts", other, *_] if other != ACCOUNT:
                return refusal(403, 10000, "Authentication error")
            case "GET", ["accounts", _]:
                return ok(account)
            case "POST", ["accounts", _, "d1", "database"]:
                return self._create(json.loads(body), rights)
            case "DELETE", ["accounts", _, "d1", "database", which]:
                return self._delete(which, rights)
            case _, ["accounts", _, "d1", "database", which, *rest] if which in self.made:
                asked = json.loads(body or b"{}")
                return self._database(self.made[which], method, rest, query, asked, rights)
            case "GET", ["accounts", _, "d1", "database"]:
                there = [*([] if self.deleted else [self.database]), *self.made.values()]
                found = [self._description(d) for d in there if query.get("name") in (None, d.name)]
                return ok([{k: v for k, v in one.items() if k != "read_replication"} for one in found])
            case "GET", ["accounts", _, "d1", "database", which] if which in self._names():
                return ok(self._description(self._names()[which]))
            case _, ["accounts", _, "d1", "database", which, *rest]:
                if self.deleted or which not in (self.database.uuid, self.database.name):
                    return refusal(404, 7404, f"The database {which} could not be found")
                if which == self.database.name and rest:
                    return refusal(400, 7400, "The request is malformed: database id is not a UUID")
                return self._database(self.database, method, rest, query, json.loads(body or b"{}"), rights)
        return refusal(404, 7003, f"Could not route to {path}")

    def _create(self, body: dict[str, Any], rights: str) -> Answer:
        """A new database; names are taken once in an account."""
        if rights == "read":
            return MAY_NOT
        name = body["name"]
        if name in (self.database.name, *self._names()):
            return refusal(400, 7502, f"A database with name {name} already exists")
        uuid = str(uuid4())
        self.made[uuid] = Database(self._folder / uuid, uuid, name, keep=False)
        return ok(self._description(self.made[uuid]))

    def _names(self) -> dict[str, Database]:
        """Databases made through the API, by name."""
        return {database.name: database for database in self.made.values()}

    def _delete(self, which: str, rights: str) -> Answer:
        if rights == "read":
            return MAY_NOT
        if which not in self.made:
            return refusal(404, 7404, f"The database {which} could not be found")
        self.made.pop(which).close()
        return ok(None)

    def _description(self, database: Database) -> dict[str, Any]:
        size = database.look("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        tables = database.look("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            "uuid": database.uuid,
            "name": database.name,
            "version": "production",
            "created_at": "2026-01-01T00:00:00.000Z",
            "num_tables": sum(not name.startswith(("_cf_", "sqlite_")) for (name,) in tables),
            "file_size": size[0][0],
            "read_replication": {"mode": "disabled"},
        }

    def _database(
        self,
        database: Database,
        method: str,
        rest: list[str],
        query: Mapping[str, str],
        body: dict[str, Any],
        rights: str,
    ) -> Answer:
        match (method, rest):
            case "GET", []:
                return ok(self._description(database))
            case "POST", ["query" | "raw" as how]:
                statements = self._statements(body)
                if rights == "read" and database.writes(statements):
                    return MAY_NOT
                return self._query(database, statements, raw=how == "raw")
            case "GET", ["time_travel", "bookmark"]:
                if "timestamp" not in query:
                    return ok({"bookmark": database.mark()})
                found = database.mark_at(datetime.fromisoformat(query["timestamp"]))
                return ok({"bookmark": found}) if found else refusal(400, 7500, "No bookmark at that time")
            case "POST", ["time_travel", "restore"]:
                if rights == "read":
                    return MAY_NOT
                bookmark = query.get("bookmark")
                if bookmark is None and "timestamp" in query:
                    bookmark = database.mark_at(datetime.fromisoformat(query["timestamp"]))
                restored = database.restore(bookmark or "")
                if restored is None:
                    return refusal(400, 7500, "Invalid bookmark")
                now, previous = restored
                text = "Database restored successfully"
                return ok({"bookmark": now, "previous_bookmark": previous, "message": text})
            case "POST", ["import"]:
                return MAY_NOT if rights == "read" else self._import(database, body)
        return refusal(404, 7003, f"Could not route to {'/'.join(rest)}")

    def _statements(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        if "batch" in body:
            entries = [dict(one) for one in body["batch"]]
            if not self.splits_badly:
                return entries
            return [{**one, "sql": piece} for one in entries for piece in cuts(one["sql"])]
        parameters = list(body.get("params") or ())
        found = []
        for sql in (split_badly if self.splits_badly else split)(body["sql"]):
            count = sql.count("?")
            found.append({"sql": sql, "params": parameters[:count]})
            parameters = parameters[count:]
        return found

    def _query(self, database: Database, statements: list[dict[str, Any]], *, raw: bool) -> Answer:
        if not statements:
            return refusal(400, 7500, "No SQL statements detected.")
        try:
            answers = database.query(statements)
        except BatchFailed as refused:
            return refusal(400, 7500, str(refused))
        if raw:
            for answer in answers:
                rows = answer["results"]
                columns = list(rows[0]) if rows else []
                answer["results"] = {"columns": columns, "rows": [list(row.values()) for row in rows]}
        return ok(answers)

    def _import(self, database: Database, body: Mapping[str, Any]) -> Answer:
        base: dict[str, Any] = {"success": True, "type": "import", "messages": []}
        if body["action"] == "init":
            name = f"{body['etag']}.sql"
            return ok(base | {"filename": name, "upload_url": f"{self.url}/_upload/{name}"})
        if body["action"] == "ingest":
            self._imported = database.ingest(body["filename"])
            return ok(base | {"status": "active", "at_bookmark": database.mark()})
        done, problem = self._imported
        mark = database.mark()
        if problem:
            return ok(base | {"status": "error", "at_bookmark": mark, "errors": [problem]})
        meta = {"duration": 1.0, "rows_read": 0, "rows_written": 0, "size_after": 4096, "changes": 0}
        result = {"num_queries": done, "final_bookmark": mark, "meta": meta}
        return ok(base | {"status": "complete", "at_bookmark": mark, "result": result})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    standin: StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that were cut on purpose are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: ``StandIn.requests`` has it."""

    def _do(self) -> None:
        standin = self.server.standin
        url = urlsplit(self.path)
        path = url.path.removeprefix(BASE)
        body = self._body()
        seen = Seen(self.command, _action(self.command, path), path, self.headers.get("user-agent", ""))
        if seen.action in ("query", "raw"):
            asked = json.loads(body)
            seen.sql = tuple(one["sql"] for one in asked.get("batch") or [asked])
        with standin.lock:
            standin.requests.append(seen)
            number = len(standin.requests)
            fault = next((f.kind for f in standin.faults if f.hits(number)), "")
            standin.revoked = standin.revoked or fault == "revoked"
            standin.deleted = standin.deleted or fault == "deleted"
        seen.fault = fault
        if standin.delay:
            time.sleep(standin.delay)
        if fault in BEFORE and fault not in ("revoked", "deleted"):
            self._fail(fault, seen)
            return
        if fault in (LATE, SLOW):
            standin.late.wait()
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        answer = standin.answer(self.command, path, query, body, token)
        if fault in AFTER or fault == LATE:
            self._fail("drop" if fault == LATE else fault, seen)
            standin.late.clear()
            return
        self._send(answer, seen)
        if fault == SLOW:
            standin.late.clear()

    do_GET = do_POST = do_PUT = do_DELETE = _do

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _fail(self, fault: str, seen: Seen) -> None:
        if fault == "500":
            self._send(refusal(500, 10001, "Internal error"), seen)
        elif fault == "502-after":
            self._send(
                Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", {"content-type": "text/html"}), seen
            )
        elif fault == "malformed-after":
            self._send(Answer(200, b'{"result":[{"results":[', {}), seen)
        elif fault == "429":
            answer = refusal(429, 971, "Please wait and consider throttling your request speed")
            answer.headers["retry-after"] = "1"
            self._send(answer, seen)
        elif fault.startswith("hang"):
            self.server.standin.closing.wait()
            self.close_connection = True
        else:
            if fault.startswith("reset"):
                # Closing with data unsent and no lingering sends RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            os.close(self.connection.detach())

    def _send(self, answer: Answer, seen: Seen) -> None:
        seen.status = answer.status
        raw = isinstance(answer.body, bytes)
        content: bytes = answer.body if raw else json.dumps(answer.body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content))} | answer.headers
        head = [f"HTTP/1.1 {answer.status} {'OK' if answer.status < 400 else 'No'}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + content)


def _action(method: str, path: str) -> str:
    last = path.rstrip("/").rpartition("/")[2]
    if path.startswith("/_upload/"):
        return "upload"
    if method == "DELETE":
        return "delete"
    if "/d1/database/" not in path:
        if method == "POST" and path.endswith("/d1/database"):
            return "create"
        return "databases" if path.endswith("/d1/database") else last
    return last if last in ("query", "raw", "import", "export", "bookmark", "restore") else "database"


class RemoteWrangler(Wrangler):
    """The real wrangler with ``--remote``, led to a stand-in."""

    def __init__(self, project_dir: Path, standin: StandIn, home: Path | None = None) -> None:
        super().__init__(project_dir, home)
        self._env |= standin.environ()

    def apply(self, db: str = "DB", *options: str) -> Run:
        return self.run("d1", "migrations", "apply", db, "--remote", *options)

    def list_unapplied(self, db: str = "DB", *options: str) -> list[str]:
        listing = self.run("d1", "migrations", "list", db, "--remote", *options).check().stdout
        return unapplied_names(listing)
