"""What a hostile API sends, and a project that is led to it."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from landed.engines.d1.api import Api
from landed.engines.d1.auth import Credentials
from support.process.landed_process import Answer, Landed
from support.servers.d1_wire import ACCOUNT, SECRET, UUID, Asked
from support.servers.hostile_api import Attack, Bytes, Hostile, envelope, for_ever, http
from support.walls.escaping import Canary

PATH = f"/accounts/{ACCOUNT}/d1/database/{UUID}/query"
ONE = {"batch": [{"sql": "SELECT 1 AS one"}]}
TARGET = ("--target", "d1:remote/DB")
COMMANDS = {
    "status": ("status",),
    "verify": ("verify",),
    "apply": ("apply", "--yes"),
    "undo": ("undo", "--bookmark", "b00k-mark", "--yes", "--allow", "restore:db"),
    "exec": ("exec", "SELECT 1"),
    "doctor": ("doctor",),
    "contact": ("doctor", "--remote"),
}
FILES = {
    "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT);\nCREATE INDEX a_t ON a (t);\n",
    "0002_b.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY);\n",
}
Change = Callable[[Any], Any]


def drip(text: bytes) -> Iterator[bytes]:
    for at in range(len(text)):
        yield text[at : at + 1]
        time.sleep(0.02)


@cache
def bomb() -> bytes:
    """Three hundred megabytes of nothing, packed."""
    pack = zlib.compressobj(9, wbits=31)
    return b"".join(pack.compress(b" " * 1_000_000) for _ in range(300)) + pack.flush()


def bombs(*headers: str, twice: bool = False) -> Attack:
    return lambda asked, server: [http(gzip.compress(bomb()) if twice else bomb(), *headers)]


def sends(*pieces: bytes) -> Attack:
    return lambda asked, server: pieces


def body(content: bytes, *headers: str, status: int = 200) -> Attack:
    return sends(http(content, "connection: close", *headers, status=status))


def says(text: str) -> Attack:
    """JSON with this result, as it is written here."""
    return body(f'{{"result": {text}, "success": true, "errors": [], "messages": []}}'.encode())


def changed(change: Change) -> Attack:
    """The healthy answer, with its result changed."""
    return lambda asked, server: [http(envelope(change(server.honest(asked))))]


def rows(change: Callable[[list[Any]], Any]) -> Attack:
    """The healthy answer, with the rows of its first statement changed."""

    def changing(result: Any) -> Any:
        if isinstance(result, list):
            result[0]["results"] = change(result[0]["results"])
        return result

    return changed(changing)


def each(key: str, value: Any) -> Attack:
    """The healthy answer, with this in every entry, or in the object that it is."""

    def changing(result: Any) -> Any:
        for entry in result if isinstance(result, list) else [result]:
            if isinstance(entry, dict):
                entry[key] = value
        return result

    return changed(changing)


def chunked(pieces: Bytes) -> Bytes:
    yield http(b"", "transfer-encoding: chunked", length=False)
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


GOOD = envelope([{"results": [], "success": True, "meta": {}}])

TRANSPORT: dict[str, Attack] = {
    "headers that drip": lambda asked, server: drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 99_999),
    "a body that drips": lambda asked, server: drip(http(b" " * 99_999)),
    "chunks that drip": lambda asked, server: chunked(drip(b" " * 99_999)),
    "a gzip bomb": bombs("content-encoding: gzip"),
    "a gzip bomb in chunks": lambda asked, server: [
        http(b"", "content-encoding: gzip", "transfer-encoding: chunked", length=False),
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(bomb()), bomb()),
    ],
    "gzip in gzip": bombs("content-encoding: gzip, gzip", twice=True),
    "packings named apart": bombs("content-encoding: gzip", "content-encoding: deflate"),
    "deflate": body(zlib.compress(GOOD), "content-encoding: deflate"),
    "brotli": body(GOOD, "content-encoding: br"),
    "zstd": body(GOOD, "content-encoding: zstd"),
    "half a gzip": body(gzip.compress(GOOD)[:-9], "content-encoding: gzip"),
    "no gzip": body(GOOD, "content-encoding: gzip"),
    "more after the gzip": body(gzip.compress(GOOD) + b"more", "content-encoding: gzip"),
    "a body without end": lambda asked, server: (
        piece for pieces in ([http(b"", length=False)], for_ever(b" " * 65_536)) for piece in pieces
    ),
    "chunks without end": lambda asked, server: chunked(for_ever(b" " * 65_536)),
    "empty space in chunks": lambda asked, server: chunked(for_ever(b" ")),
    "a length that is a lie": body(GOOD, f"content-length: {len(GOOD) + 9}"),
    "a length beyond all": body(GOOD, "content-length: 99999999999999999999"),
    "a negative length": body(GOOD, "content-length: -1"),
    "two lengths": body(GOOD, "content-length: 1", "content-length: 2"),
    "a hundred thousand headers": body(GOOD, *["x: y"] * 100_000),
    "a header of megabytes": body(GOOD, "x: " + "y" * 3_000_000),
    "provisional answers without end": lambda asked, server: for_ever(b"HTTP/1.1 100 X\r\n\r\n" * 1000),
    "another protocol": sends(b"HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    "no http": sends(f"{SECRET}\r\n\r\n".encode() * 9),
    "nothing": sends(),
    "a folded header": sends(b"HTTP/1.1 200 X\r\n y\r\n\r\n"),
    "another host": body(b"", "location: http://127.0.0.1:{tcp}/", status=302),
    "the same request to another host": body(GOOD, "location: http://127.0.0.1:{tcp}/", status=307),
    "no location": body(GOOD, "location: http://[", status=308),
    "cookies": body(b"", "set-cookie: a=b; domain=127.0.0.1", "set-cookie: c=" + "d" * 4000),
}
JSON: dict[str, Attack] = {
    "lists in lists": says("[" * 200_000 + "]" * 200_000),
    "objects in objects": says('{"a":' * 200_000 + "1" + "}" * 200_000),
    "nested and open": body(b"[" * 200_000),
    "nested a little": says('[{"results": [' + "[" * 500 + "]" * 500 + "]}]"),
    "a number of a hundred thousand digits": says("9" * 100_000),
    "a number as a count": changed(lambda r: 10**4000),
    "not a number": says("NaN"),
    "infinity": says("Infinity"),
    "beyond infinity": says("1e999"),
    "a name twice": body(b'{"success": false, ' + GOOD[1:]),
    "two million lists": says("[" + "[]," * 2_000_000 + "[]]"),
    "half a character": body(b'{"result": "\xff", "success": true}'),
    "another encoding": body(GOOD.decode().encode("utf-16")),
    "a list": body(b"[]"),
    "a text": body(b'"x"'),
    "null": body(b"null"),
    "no result": says("null"),
    "a text as the result": says('"x"'),
    "an object as the result": says("{}"),
    "success as a text": body(envelope([], success="true")),
    "success and an error": body(envelope([], errors=[{"code": 1, "message": "x"}])),
    "an error of another shape": body(envelope(None, success=False, errors="x"), status=400),
    "a code of another shape": body(
        envelope(None, success=False, errors=[{"code": [], "message": {}}, {"code": 10**4000}, 1]), status=400
    ),
    "html": body(b"<html>" * 9, status=502),
}
LIES: dict[str, Attack] = {
    "one result more": changed(lambda r: [*r, {"results": []}] if isinstance(r, list) else None),
    "one result less": changed(lambda r: r[1:] if isinstance(r, list) else None),
    "one statement failed": each("success", False),
    "results that are a text": each("results", "x"),
    "results that are null": each("results", None),
    "rows that are texts": rows(lambda found: ["x"]),
    "columns of another schema": rows(lambda found: [{"a": 1}]),
    "reading that wrote": each("meta", {"changed_db": True, "rows_written": 7}),
    "meta that is a text": each("meta", "x"),
    "part of an answer": lambda asked, server: [http(envelope(server.honest(asked)), status=206)],
}


def project(top: Path, name: str = "db", **entry: str) -> Path:
    """A project with one file, whose database is found by its name or by what is given besides."""
    folder = top / "project"
    (folder / "migrations").mkdir(parents=True)
    databases = [{"binding": "DB", "database_name": name, **entry}]
    (folder / "wrangler.json").write_text(json.dumps({"name": "w", "d1_databases": databases}), "utf-8")
    (folder / "migrations" / "0001_a.sql").write_text(FILES["0001_a.sql"], "utf-8")
    return folder


def landed_in(folder: Path, server: Hostile, seconds: str = "1") -> Landed:
    return Landed(
        folder,
        folder.parent / "home" / "cache",
        CLOUDFLARE_API_BASE_URL=server.url,
        CLOUDFLARE_API_TOKEN=SECRET,
        CLOUDFLARE_ACCOUNT_ID=ACCOUNT,
        LANDED_TIMEOUT=seconds,
    )


def aimed(attack: Attack, canary: Canary) -> Attack:
    """The attack, with the canary's port in what it sends."""
    port = str(canary.tcp_port).encode()
    return lambda asked, server: (piece.replace(b"{tcp}", port) for piece in attack(asked, server))


def api(server: Hostile, **options: Any) -> Api:
    credentials = Credentials("token", "environment CLOUDFLARE_API_TOKEN", SECRET)
    return Api(server.url, lambda: credentials, **{"seconds": 20.0, "sleep": lambda s: None, **options})


def held(answer: Answer, canary: Canary) -> None:
    """What holds of every output."""
    canary.untouched(answer.stdout, answer.stderr)
    assert "landed itself failed" not in answer.stdout + answer.stderr
    assert SECRET not in answer.stdout + answer.stderr


def works_again(folder: Path, server: Hostile) -> None:
    server.healthy()
    standings = landed_in(folder, server, "30")(*TARGET, "status").standings()
    assert standings == {"0001_a.sql": "ok", "0002_b.sql": "pending"}
    assert server.wire.execute("SELECT name FROM d1_migrations") == [("0001_a.sql",)]


ALL = {**TRANSPORT, **JSON, **LIES}


def writes(asked: Asked) -> bool:
    return isinstance(asked.body, dict) and any(not sql.startswith("SELECT") for sql in asked.sql)


def spelt(secret: str) -> dict[str, str]:
    """The ways in which a server may give a secret back."""
    return {
        "whole": secret,
        "bearer": f"Bearer {secret}",
        "in capitals": secret.upper(),
        "a half": f"x{secret[:9]}",
        "base64": b64encode(secret.encode()).decode(),
        "base64 of the header": b64encode(f"Bearer {secret}".encode()).decode(),
        "base64, moved": b64encode(f"xy{secret}!".encode()).decode(),
        "hexadecimal": secret.encode().hex(),
        "percent": "".join(f"%{byte:02X}" for byte in secret.encode()),
        "in a URL": f"https://x.invalid/?token={quote(secret)}",
        "in JSON": json.dumps({"token": secret}),
    }


def shows(output: str) -> bool:
    """Whether an output shows a secret, or a good part of it, in any spelling."""
    for form in spelt(SECRET).values():
        length = min(12, len(form))
        for at in range(len(form) - length + 1):
            piece = form[at : at + length]
            if piece in output and not _plain(piece):
                return True
    return False


def _plain(piece: str) -> bool:
    """Pieces of what stands around the secret."""
    around = ("Bearer ", "https://x.invalid/?token=", '{"token": "', b64encode(b"Bearer ").decode())
    return any(piece in text for text in around)
