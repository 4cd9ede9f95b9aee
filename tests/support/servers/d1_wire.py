"""A tiny API of Cloudflare's in this process, over SQLite under D1's rules: quick, and broken on demand.

What Miniflare and the real wrangler say is held by the tests over ``d1_standin``; this is for what the
client does with every kind of answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import apsw

from landed.engines.d1.api import Api
from landed.engines.d1.auth import Credentials
from landed.engines.d1.lookup import Place
from landed.engines.d1.remote import Connected
from landed.engines.d1.target import RemoteD1Target
from landed.engines.sqlite.shadow.sandbox import open_sandbox

ACCOUNT, UUID, SECRET = "acc0unt", "0000aaaa-1111-2222-3333-444455556666", "s3cr3t-T0ken"
Reply = tuple[int, Mapping[str, str], bytes]
Fault = Callable[["Wire", "Asked"], "Reply | None"]
"""What happens instead of an answer; ``None`` closes the connection without a word."""


@dataclass(slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def sql(self) -> list[str]:
        return [one["sql"] for one in self.body["batch"]]


@dataclass
class Wire:
    """The server; ``faults`` maps a request's number (from 1) to what happens to it."""

    faults: dict[int, Fault] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    extra: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Results for other paths, by method and path."""

    def __enter__(self) -> Self:
        self.lock = threading.Lock()
        self.connection, _ = open_sandbox("d1")
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do(self) -> None:
                wire.handle(self)

            do_GET = do_POST = do

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/client/v4"

    def api(self, **options: Any) -> Api:
        """A client of it that never really waits."""
        credentials = Credentials("token", "environment CLOUDFLARE_API_TOKEN", SECRET)
        return Api(self.url, lambda: credentials, **{"seconds": 5.0, "sleep": lambda s: None, **options})

    def target(self, **options: Any) -> RemoteD1Target:
        api = self.api(**options)
        return RemoteD1Target(lambda: Connected(api, Place(ACCOUNT, UUID, "db")), "d1_migrations")

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL on the database itself, behind everybody's back."""
        with self.lock:
            from landed.engines.sqlite.shadow.sandbox import unrestricted

            with unrestricted(self.connection):
                return self.connection.execute(sql).fetchall()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        url = urlsplit(handler.path)
        kind = handler.headers.get("content-type", "")
        asked = Asked(
            handler.command,
            url.path.removeprefix("/client/v4"),
            {k: v[-1] for k, v in parse_qs(url.query).items()},
            {k.lower(): v for k, v in handler.headers.items()},
            json.loads(raw) if raw and "json" in kind else raw.decode(),
        )
        with self.lock:
            self.asked.append(asked)
            fault = self.faults.get(len(self.asked))
        reply = fault(self, asked) if fault else self.answer(asked)
        if reply is None:
            handler.close_connection = True
            return
        status, headers, body = reply
        handler.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def answer(self, asked: Asked) -> Reply:
        """What a healthy server says."""
        if (asked.method, asked.path) in self.extra:
            return result(self.extra[asked.method, asked.path])
        base = f"/accounts/{ACCOUNT}/d1/database/{UUID}/"
        action = asked.path.removeprefix(base)
        if action == "time_travel/bookmark":
            return result({"bookmark": "b00k-mark"})
        if action == "time_travel/restore":
            return result({"bookmark": asked.query["bookmark"], "previous_bookmark": "b4", "message": "done"})
        if action in ("query", "raw"):
            try:
                return result(self.batch(asked.sql, raw=action == "raw"))
            except apsw.Error as error:
                return problem(400, 7500, f"{error}: SQLITE_ERROR")
        return problem(404, 7404, "not found")

    def batch(self, statements: list[str], *, raw: bool = False) -> list[dict[str, Any]]:
        """One transaction, as D1 makes of a batch."""
        from landed.engines.sqlite.shadow.sandbox import unrestricted

        with self.lock:
            connection = self.connection
            with unrestricted(connection):
                connection.execute("BEGIN")
            try:
                found = [self.run(sql, raw=raw) for sql in statements]
                with unrestricted(connection):
                    connection.execute("COMMIT")
                return found
            except BaseException:
                with unrestricted(connection):
                    connection.execute("ROLLBACK")
                raise

    def run(self, sql: str, *, raw: bool) -> dict[str, Any]:
        columns: tuple[str, ...] = ()

        def describe(cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
            nonlocal columns
            columns = tuple(d[0] for d in cursor.get_description())
            return True

        trace, self.connection.exec_trace = self.connection.exec_trace, describe
        before = self.connection.total_changes()
        try:
            rows = [
                [list(v) if isinstance(v, bytes) else v for v in row] for row in self.connection.execute(sql)
            ]
        finally:
            self.connection.exec_trace = trace
        changes = self.connection.total_changes() - before
        results: Any = {"columns": list(columns), "rows": rows}
        if not raw:
            results = [dict(zip(columns, row, strict=True)) for row in rows]
        return {"results": results, "success": True, "meta": {"changes": changes, "changed_db": changes > 0}}


def result(value: Any) -> Reply:
    body = {"result": value, "success": True, "errors": [], "messages": []}
    return 200, {"content-type": "application/json"}, json.dumps(body).encode()


def problem(status: int, code: int, message: str, **headers: str) -> Reply:
    body = {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}
    return status, {"content-type": "application/json", **headers}, json.dumps(body).encode()


def refuse(status: int, code: int, message: str, **headers: str) -> Fault:
    """A fault: this answer, without processing."""
    return lambda wire, asked: problem(
        status, code, message, **{k.replace("_", "-"): v for k, v in headers.items()}
    )


def drop(wire: Wire, asked: Asked) -> None:
    """A fault: closed before processing."""


def drop_after(wire: Wire, asked: Asked) -> None:
    """A fault: processed, and closed without an answer."""
    wire.answer(asked)


def garbled_after(wire: Wire, asked: Asked) -> Reply:
    """A fault: processed, and answered with something else."""
    wire.answer(asked)
    return 200, {"content-type": "text/html"}, b"<html>maintenance</html>"
