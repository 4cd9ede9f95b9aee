"""What the superuser of a throw-away server may try against the machine, each with canaries of its own."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from landed.engines.postgres.shadow.platform.baseline import PLAIN
from landed.engines.postgres.shadow.server.locks import recorded_pid
from landed.engines.postgres.shadow.server.patience import patiently
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import own_server
from landed.engines.postgres.shadow.server.walled import Walls
from support.servers.pgservers import binaries_of, remove_servers
from support.walls import nativecode
from support.walls.escaping import Canary


class Tried(NamedTuple):
    """What came of one attack: how it got out (``""``: not), whether it was refused, what the server said."""

    escaped: str
    held: bool
    said: str


@dataclass
class World:
    """What an attack is aimed at."""

    server: ShadowServer
    canary: Canary
    outside: Path
    """A folder that everybody may use, with a FIFO and a library in it."""
    abstract: str
    victim: subprocess.Popen[bytes]
    """A process of the server's user, with the secret in its environment."""

    @property
    def data(self) -> Path:
        return Path(self.server.host).parent / "data"


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _tcp(w: World) -> str:
    return f"host=127.0.0.1 port={w.canary.tcp_port} user=x dbname=x connect_timeout=2"


_DBLINK = (
    "CREATE FUNCTION dblink_connect(text) RETURNS text LANGUAGE c STRICT"
    " AS '$libdir/dblink', 'dblink_connect'"
)
"""The real one, past the stand-in of its name."""

_SCHEMES: dict[str, Callable[[World], list[str]]] = {
    "COPY TO PROGRAM": lambda w: [f"COPY (SELECT 1) TO PROGRAM {_quoted(f'cat > {w.canary.mark}')}"],
    "COPY FROM PROGRAM": lambda w: [f"COPY lines FROM PROGRAM {_quoted(f'echo > {w.canary.mark}; echo x')}"],
    "COPY FROM PROGRAM that reads a secret": lambda w: [
        f"COPY lines FROM PROGRAM {_quoted(f'cat {w.canary.secret_file}')}",
        "SELECT * FROM lines",
    ],
    "COPY TO a file": lambda w: [f"COPY (SELECT 1) TO {_quoted(w.canary.mark)}"],
    "COPY over a file": lambda w: [f"COPY (SELECT 1) TO {_quoted(w.canary.secret_file)}"],
    "COPY FROM a file": lambda w: [
        f"COPY lines FROM {_quoted(w.canary.secret_file)}", "SELECT * FROM lines",
    ],
    "COPY FROM a pipe": lambda w: [
        "SET statement_timeout = '2s'", f"COPY lines FROM {_quoted(w.outside / 'pipe')}",
        "SELECT * FROM lines",
    ],
    "COPY FROM another's environment": lambda w: [
        f"SELECT encode(pg_read_binary_file('/proc/{w.victim.pid}/environ'), 'escape')",
    ],
    "pg_read_file": lambda w: [f"SELECT pg_read_file({_quoted(w.canary.secret_file)})"],
    "pg_read_file by a way up": lambda w: [
        f"SELECT pg_read_file({_quoted('../' * 12 + str(w.canary.secret_file).lstrip('/'))})",
    ],
    "pg_read_binary_file": lambda w: [
        f"SELECT encode(pg_read_binary_file({_quoted(w.canary.secret_file)}), 'escape')",
    ],
    "pg_ls_dir": lambda w: [
        f"SELECT 1 / (length(f) - length(f)) FROM pg_ls_dir({_quoted(w.canary.folder)}) f",
    ],
    "lo_import": lambda w: [
        f"SELECT lo_import({_quoted(w.canary.secret_file)}, 4711)",
        "SELECT convert_from(lo_get(4711), 'utf8')",
    ],
    "lo_export": lambda w: [
        "SELECT lo_from_bytea(4712, 'x')", f"SELECT lo_export(4712, {_quoted(w.canary.mark)})",
    ],
    "file_fdw of a file": lambda w: [
        "CREATE EXTENSION file_fdw", "CREATE SERVER f FOREIGN DATA WRAPPER file_fdw",
        f"CREATE FOREIGN TABLE ft (l text) SERVER f OPTIONS (filename {_quoted(w.canary.secret_file)})",
        "SELECT * FROM ft",
    ],
    "file_fdw of a program": lambda w: [
        "CREATE EXTENSION file_fdw", "CREATE SERVER f FOREIGN DATA WRAPPER file_fdw",
        f"CREATE FOREIGN TABLE ft (l text) SERVER f OPTIONS (program {_quoted(f'echo > {w.canary.mark}')})",
        "SELECT * FROM ft",
    ],
    "dblink by TCP": lambda w: [
        _DBLINK, f"DO $$BEGIN PERFORM dblink_connect({_quoted(_tcp(w))}); END$$",
    ],
    "dblink by a socket in a folder": lambda w: [
        _DBLINK,
        f"SELECT dblink_connect('host={w.canary.folder} user=x connect_timeout=2')",
    ],
    "dblink by an abstract socket": lambda w: [
        _DBLINK, f"SELECT dblink_connect('host=@{w.abstract} user=x connect_timeout=2')",
    ],
    "postgres_fdw": lambda w: [
        "CREATE FUNCTION handler() RETURNS fdw_handler LANGUAGE c"
        " AS '$libdir/postgres_fdw', 'postgres_fdw_handler'",
        "CREATE FOREIGN DATA WRAPPER postgres_fdw HANDLER handler",
        "CREATE SERVER p FOREIGN DATA WRAPPER postgres_fdw"
        f" OPTIONS (host '127.0.0.1', port '{w.canary.tcp_port}', connect_timeout '2')",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER p OPTIONS (user 'x', password 'y')",
        "CREATE FOREIGN TABLE pt (l text) SERVER p", "SELECT * FROM pt",
    ],
    "a subscription": lambda w: [f"CREATE SUBSCRIPTION s CONNECTION {_quoted(_tcp(w))} PUBLICATION p"],
    "a subscription that its worker connects": lambda w: [
        f"CREATE SUBSCRIPTION s CONNECTION {_quoted(_tcp(w))} PUBLICATION p"
        " WITH (connect = false, slot_name = 's')",
        "ALTER SUBSCRIPTION s ENABLE", "SELECT pg_sleep(1)",
    ],
    "a standby of a stranger's": lambda w: [
        f"ALTER SYSTEM SET primary_conninfo = {_quoted(_tcp(w))}", "SELECT pg_reload_conf()",
    ],
    "LANGUAGE C on libc": lambda w: [
        "CREATE FUNCTION run(cstring) RETURNS int LANGUAGE c STRICT AS 'libc.so.6', 'system'",
        f"SELECT run({_quoted(f'echo > {w.canary.mark}')}::cstring)",
    ],
    "a library from outside": lambda w: [f"LOAD {_quoted(w.outside / 'library.so')}"],
    "a library for every session": lambda w: [
        f"ALTER SYSTEM SET session_preload_libraries = {_quoted(w.outside / 'library.so')}",
        "SELECT pg_reload_conf()", "\\connect",
    ],
    "a table space": lambda w: [
        f"CREATE TABLESPACE outside LOCATION {_quoted(w.outside / 'tables')}",
        "CREATE TABLE there (x) TABLESPACE outside AS SELECT 1", f"\\empty {w.outside / 'tables'}",
    ],
    "a backup that the server writes": lambda w: [f"\\backup {w.outside / 'backup'}"],
    "the access file of a stranger's": lambda w: [
        f"ALTER SYSTEM SET hba_file = {_quoted(w.canary.secret_file)}", "SELECT pg_reload_conf()",
        "SELECT pg_sleep(0.1)", "SELECT to_jsonb(r) FROM pg_hba_file_rules r",
    ],
    "an access file that includes a secret": lambda w: [
        f"COPY (SELECT 'include ' || {_quoted(w.canary.secret_file)}) TO 'pg_ident.conf'",
        "SELECT pg_reload_conf()", "SELECT to_jsonb(r) FROM pg_ident_file_mappings r",
    ],
    "a configuration that includes a secret": lambda w: [
        f"COPY (SELECT 'include ' || quote_literal({_quoted(w.canary.secret_file)}))"
        " TO 'postgresql.auto.conf'",
        "SELECT pg_reload_conf()", "SELECT to_jsonb(r) FROM pg_file_settings r",
    ],
    "the command for an SSL key": lambda w: [
        f"ALTER SYSTEM SET ssl_passphrase_command = {_quoted(f'echo > {w.canary.mark}')}",
        "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.1)",
    ],
    "PL/Perl without trust": lambda w: [
        "CREATE EXTENSION plperlu",
        f"DO LANGUAGE plperlu $$ system('echo > {w.canary.mark}'); open(F, '>', '{w.canary.mark}') $$",
    ],
}  # fmt: skip

_NATIVE = "native code in a library that SQL wrote"


def names() -> list[str]:
    return [*_SCHEMES, *([_NATIVE] if platform.machine() == "x86_64" else [])]


def walls_of(major: int) -> Walls:
    with _place(None), _server(major) as server, server.connect("postgres") as connection:
        connection.execute("CREATE TABLE public.t AS SELECT 1")
        connection.execute("CHECKPOINT")
        return server.walls


@contextlib.contextmanager
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is nobody's business."""
    with subprocess.Popen(["sleep", "600"], cwd="/") as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A folder for servers, which are stopped and removed at the end."""
    with _place(None) as folder:
        yield folder


def all_tried(major: int, *, ordinary: bool = False, but: Sequence[str] = ()) -> dict[str, Tried]:
    """Every attack on a server of this major; ``ordinary``: with landed as a user that is not root."""
    if not ordinary:
        with _place(None):
            return _all(major, 65534 if os.geteuid() == 0 else None, but)
    found = as_nobody(lambda: _all(major, None, but))
    return {name: Tried(*each) for name, each in found.items()}


def _all(major: int, victims: int | None, but: Sequence[str]) -> dict[str, Tried]:
    found = {}
    with _server(major) as server:
        for name in names():
            if name in but:
                continue
            with _world(server, victims) as world:
                found[name] = _tried(name, world)
    return found


def _tried(name: str, world: World) -> Tried:
    with patiently(lambda: world.server.connect("postgres")) as admin:
        admin.execute("DROP DATABASE IF EXISTS attacked WITH (FORCE)")
        admin.execute("CREATE DATABASE attacked")
    said = _native(world) if name == _NATIVE else _run(world, _SCHEMES[name](world))
    escaped = ""
    try:
        world.canary.untouched("" if name == "pg_ls_dir" else said)
    except AssertionError as problem:
        escaped = str(problem).splitlines()[0]
    if world.victim.poll() is not None:
        escaped = escaped or "the other process was ended"
    if sorted(p.name for p in world.outside.iterdir()) != ["library.so", "pipe", "ran", "tables"]:
        escaped = escaped or "something was left outside"
    if (world.outside / "ran").read_bytes() or list((world.outside / "tables").iterdir()):
        escaped = escaped or "something was written outside"
    if name == "pg_ls_dir" and "division by zero" in said:
        escaped = "a folder was listed"
    with patiently(lambda: world.server.connect("postgres")) as admin:
        with contextlib.suppress(psycopg.Error), world.server.connect("attacked") as connection:
            connection.execute("ALTER SUBSCRIPTION s DISABLE")
            connection.execute("ALTER SUBSCRIPTION s SET (slot_name = NONE)")
            connection.execute("DROP SUBSCRIPTION s")
        admin.execute("ALTER SYSTEM RESET ALL")
        (world.data / "postgresql.auto.conf").unlink(missing_ok=True)
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("DROP DATABASE IF EXISTS attacked WITH (FORCE)")
        with contextlib.suppress(psycopg.Error):
            admin.execute("DROP TABLESPACE IF EXISTS outside")
    return Tried(escaped, "ERROR" in said or name in _SILENT, said)


_SILENT = frozenset({
    "a subscription that its worker connects", "a standby of a stranger's", "the access file of a stranger's",
    "the command for an SSL key", "a library for every session", _NATIVE,
    "an access file that includes a secret", "a configuration that includes a secret",
})  # fmt: skip
"""Attacks of which the server itself says nothing to the one who makes them."""


def _run(world: World, statements: list[str]) -> str:
    said: list[str] = []
    connection = _session(world)
    connection.execute("CREATE TABLE lines (line text)")
    for statement in statements:
        try:
            if statement == "\\connect":
                connection.close()
                connection = _again(world, said)
                continue
            if statement.startswith("\\backup "):
                _backup(world, statement.removeprefix("\\backup "))
                continue
            if statement.startswith("\\"):
                continue
            with _at_most(connection, 2):
                answer = connection.execute(statement)
            said.append(repr(answer.fetchall()) if answer.description else "done")
        except psycopg.Error as problem:
            said.append(f"ERROR {problem}")
    connection.close()
    return "\n".join(said)


@contextlib.contextmanager
def _at_most(connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """Where nothing stops an attack it may wait for an answer that never comes."""
    timer = threading.Timer(seconds, connection.cancel)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _session(world: World) -> psycopg.Connection[Any]:
    connection = world.server.connect("attacked")
    connection.execute("SET search_path = public")
    return connection


def _again(world: World, said: list[str]) -> psycopg.Connection[Any]:
    """A new session; where nobody gets one any more, after the server's configuration was mended."""
    try:
        return _session(world)
    except psycopg.OperationalError as problem:
        said.append(f"ERROR {problem}")
    (world.data / "postgresql.auto.conf").unlink(missing_ok=True)
    pid = recorded_pid(world.data)
    assert pid is not None
    os.kill(pid, signal.SIGHUP)
    return patiently(lambda: _session(world))


def _backup(world: World, place: str) -> None:
    given = {**world.server.parameters_for("postgres"), "replication": "true"}
    with psycopg.connect(**given, autocommit=True) as connection:
        command = f"BASE_BACKUP (TARGET 'server', TARGET_DETAIL {_quoted(place)}, WAL false)"
        answer = connection.pgconn.exec_(command.encode())
        if answer.error_message:
            raise psycopg.OperationalError(answer.error_message.decode())


def _native(world: World) -> str:
    c, pid = world.canary, world.victim.pid
    internet = struct.pack(">H4s8x", 0, bytes([127, 0, 0, 1]))[2:]
    tcp = struct.pack("<H", 2) + struct.pack(">H", c.tcp_port) + internet
    udp = struct.pack("<H", 2) + struct.pack(">H", c.udp_port) + internet
    unix = struct.pack("<H", 1) + os.fsencode(c.unix)
    abstract = struct.pack("<H", 1) + b"\0" + world.abstract.encode()
    calls: list[tuple[str, int, list[Any]]] = [
        ("getpid", 39, []),
        ("refused a mark", 2, [os.fsencode(c.mark), 0o101, 0o600]),
        ("refused a secret", 2, [os.fsencode(c.secret_file), 0]),
        ("refused memory of the machine", 2, [b"/dev/shm/" + c.secret.encode(), 0o102, 0o600]),
        ("refused a TCP socket", 41, [2, 1, 0]),
        ("then connect", 42, ["last", tcp, 16]),
        ("refused a UDP socket", 41, [2, 2, 0]),
        ("then send", 44, ["last", b"x", 1, 0, udp, 16]),
        ("a socket", 41, [1, 1, 0]),
        ("refused connect", 42, ["last", unix, len(unix) + 1]),
        ("another socket", 41, [1, 1, 0]),
        ("refused connect to an abstract one", 42, ["last", abstract, len(abstract)]),
        ("refused a signal", 62, [pid, int(signal.SIGTERM)]),
        ("refused a signal to all", 62, [-1, 0]),
        ("refused ptrace", 101, [0x4206, pid, 0, 0]),
        ("refused pidfd_open", 434, [pid, 0]),
        ("refused memory of another", 310, [pid, 0, 0, 0, 0, 0]),
        ("refused io_uring", 425, [1, bytes(120)]),
        ("refused memfd", 319, [b"x", 0]),
        ("refused a namespace", 272, [0x10000000]),
        ("refused a thread", 56, [0x10000, 0]),
        ("refused a mode", 90, [os.fsencode(c.secret_file), 0o777]),
        ("refused execve", 59, [b"/bin/true", 0, 0]),
    ]  # fmt: skip
    if 0 < world.server.walls.landlock < 6:
        # An older kernel: docs/walls.md says so, and doctor.
        calls = [call for call in calls if call[0] != "refused a signal"]
    library = nativecode.library([(number, words) for _, number, words in calls], b"native-answers")
    said = _run(world, [
        f"SELECT lo_from_bytea(4713, decode({_quoted(library.hex())}, 'hex'))",
        "SELECT lo_export(4713, 'native.so')",
        f"LOAD {_quoted(world.data / 'native.so')}",
        "\\connect",
        "SELECT encode(pg_read_binary_file('native-answers'), 'hex')",
    ])  # fmt: skip
    found = said.rpartition("[('")[2].partition("'")[0]
    try:
        told = bytes.fromhex(found)
    except ValueError:
        return said
    numbers = struct.unpack(f"<{len(told) // 8}q", told)
    return json.dumps(dict(zip([name for name, _, _ in calls], numbers, strict=False)))


def answers(said: str) -> dict[str, int]:
    """What the calls of the native code came to, by name."""
    found: dict[str, int] = json.loads(said)
    return found


@contextlib.contextmanager
def _world(server: ShadowServer, victims: int | None) -> Iterator[World]:
    outside = Path(tempfile.mkdtemp(prefix="outside"))
    outside.chmod(0o777)
    os.mkfifo(outside / "pipe")
    (outside / "pipe").chmod(0o666)
    (outside / "ran").touch()
    (outside / "ran").chmod(0o666)
    (outside / "tables").mkdir()
    owner = victims if victims is not None else os.geteuid()
    os.chown(outside / "tables", owner, -1)
    (outside / "library.so").write_bytes(nativecode.library([(39, [])], os.fsencode(outside / "ran")))
    with Canary() as canary, socket.socket(socket.AF_UNIX) as listener:
        abstract = f"landed-{outside.name}"
        listener.bind(f"\0{abstract}")
        listener.listen(64)
        canary.also(listener)
        user = {} if victims is None else {"user": victims, "group": victims, "extra_groups": list[int]()}
        victim = subprocess.Popen(["sleep", "600"], env={"TOKEN": canary.secret}, cwd="/", **user)  # type: ignore[call-overload]
        try:
            yield World(server, canary, outside, abstract, victim)
        finally:
            victim.kill()
            victim.wait()
            subprocess.run(["rm", "-rf", str(outside)], check=True)


@contextlib.contextmanager
def _place(owner: int | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    if owner is not None:
        os.chown(folder, owner, owner)
    before = os.environ.get("LANDED_SHADOW_DIR")
    os.environ["LANDED_SHADOW_DIR"] = str(folder)
    try:
        yield folder
    finally:
        os.environ.pop("LANDED_SHADOW_DIR")
        if before is not None:
            os.environ["LANDED_SHADOW_DIR"] = before
        remove_servers(folder)


@contextlib.contextmanager
def _server(major: int) -> Iterator[ShadowServer]:
    binaries = binaries_of(major)
    assert binaries is not None
    with own_server(binaries, major, PLAIN) as server:
        yield server


def as_nobody(what: Callable[[], Any]) -> Any:
    """What a copy of this process finds as an ordinary user, with all that it imports imported before."""
    import codecs
    import ctypes  # noqa: F401
    import pickle  # noqa: F401
    import resource  # noqa: F401

    codecs.lookup("raw_unicode_escape")
    walls_of(18)
    with _place(65534):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                os.environ["TMPDIR"] = tempfile.tempdir = "/tmp"
                told = json.dumps(what())
                with open(writing, "w") as pipe:
                    pipe.write(told)
            except PermissionError:
                os._exit(3)
            except BaseException as problem:
                os.write(2, f"{problem!r} {getattr(problem, 'details', '')}\n".encode())
                os._exit(1)
            os._exit(0)
        os.close(writing)
        with open(reading) as pipe:
            text = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == 3:
            pytest.skip("nobody but its owner can read this checkout, or the servers' programs")
        assert code == 0
        return json.loads(text)
