"""What is no regular file of the project: pipes, devices, links to elsewhere, files without an end."""

# ruff: noqa: E501 (attacks are easier to read on one line)

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import apsw
import pytest

from landed.core.errors import ConfigError
from landed.project import jsonc, toml
from landed.project.globs import compile_glob
from landed.project.regular_files import read, write
from support.process.landed_process import Answer, Landed
from support.walls.escaping import Canary, canary
from support.worlds.world import World

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, devices and links")

GOOD = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n"
AT_ONCE = 20.0
"""Seconds that a refusal may take on a busy machine; a pipe would never end."""


@pytest.fixture
def trap() -> Iterator[Canary]:
    with canary() as made:
        yield made


def fifo(path: Path, trap: Canary) -> None:
    os.mkfifo(path)


def unix_socket(path: Path, trap: Canary) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # a socket's path must be short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def link_to_secret(path: Path, trap: Canary) -> None:
    path.symlink_to(trap.secret_file)


def link_through_a_folder(path: Path, trap: Canary) -> None:
    (path.parent / f"by-{path.name}").symlink_to(trap.folder)
    path.symlink_to(path.parent / f"by-{path.name}" / "secret.txt")


def link_in_steps(path: Path, trap: Canary) -> None:
    (path.parent / f"step-{path.name}").symlink_to(trap.secret_file)
    path.symlink_to(f"step-{path.name}")


def link_to_zero(path: Path, trap: Canary) -> None:
    path.symlink_to("/dev/zero")


def link_to_a_circle(path: Path, trap: Canary) -> None:
    path.symlink_to(path.name)


def link_to_memory(path: Path, trap: Canary) -> None:
    path.symlink_to("/proc/self/environ")


def huge(path: Path, trap: Canary) -> None:
    with open(path, "wb") as file:
        file.truncate(3_000_000_000)


KINDS = (fifo, unix_socket, link_to_secret, link_through_a_folder, link_in_steps, link_to_zero, link_to_a_circle,
         link_to_memory, huge)  # fmt: skip
PLACES = (
    "wrangler.json",
    "landed.toml",
    "pyproject.toml",
    ".env",
    ".env.local",
    "landed.lock",
    "base.sql",
    "migrations/meta/_journal.json",
)
PIPES_ONLY = {
    # What a link stands for here is found by its own kind of file only, or not looked for.
    ".env": link_to_a_circle,
    ".env.local": link_to_a_circle,
    "wrangler.json": link_to_a_circle,
    "landed.toml": link_to_a_circle,
    "pyproject.toml": link_to_a_circle,
}
COMMANDS = (
    ("status",),
    ("verify",),
    ("rehearse",),
    ("apply", "--yes"),
    ("lock",),
    ("drift", "target", "files"),
    ("doctor",),
    ("repair", "--yes"),
)


def project(folder: Path, mode: str) -> tuple[World, Landed]:
    world = World(folder / "p", {"0001_f.sql": GOOD}, mode=mode)
    (world.folder / ".git").mkdir()
    (world.folder / "migrations" / "meta").mkdir()
    world.write("0001_f.sql", GOOD)
    target = "" if mode == "d1" else 'target = "sqlite:app.db"\nmigrations = "migrations"\n'
    (world.folder / "landed.toml").write_text(target)
    landed = Landed(world.folder, folder / "cache")
    return world, landed


def cases() -> Iterator[tuple[str, str, Callable[[Path, Canary], None], tuple[str, ...]]]:
    commands = cycle(COMMANDS)
    for mode in ("d1", "sqlite"):
        for place in PLACES:
            for kind in KINDS:
                if PIPES_ONLY.get(place) is kind or (mode == "sqlite" and place == "wrangler.json"):
                    continue
                yield mode, place, kind, next(commands)


def asked(landed: Landed, *command: str) -> Answer:
    began = time.monotonic()
    answer = landed(*command, code=None)
    assert time.monotonic() - began < AT_ONCE
    assert "itself failed" not in answer.stdout + answer.stderr, answer
    return answer


@pytest.mark.parametrize(
    ("mode", "place", "kind", "command"),
    list(cases()),
    ids=lambda v: v if isinstance(v, str) else getattr(v, "__name__", None) or v[0],
)
def test_what_is_no_file_is_refused_at_once(
    tmp_path: Path,
    trap: Canary,
    mode: str,
    place: str,
    kind: Callable[[Path, Canary], None],
    command: tuple[str, ...],
) -> None:
    world, landed = project(tmp_path, mode)
    path = world.folder / place
    path.unlink(missing_ok=True)
    kind(path, trap)
    if place == "pyproject.toml":
        (world.folder / "landed.toml").unlink()
    if place == "base.sql":
        with open(world.folder / "landed.toml", "a") as settings:
            settings.write('[shadow]\nbase = "base.sql"\n')
    answer = asked(landed, *command)
    trap.untouched(answer.stdout, answer.stderr)
    reads_it = {
        "landed.lock": command[0] not in ("rehearse", "drift"),
        "migrations/meta/_journal.json": True,
        "base.sql": command[0] != "doctor",
    }
    if reads_it.get(place, True):
        assert answer.code in (2, 3), answer
        assert path.name in answer.stdout, answer


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_a_migrations_folder_behind_a_link(
    tmp_path: Path, trap: Canary, mode: str, command: tuple[str, ...]
) -> None:
    world, landed = project(tmp_path, mode)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "0001_theirs.sql").write_text(f"-- {trap.secret}\nCREATE TABLE theirs (a);")
    os.rename(world.folder / "migrations", world.folder / "old")
    (world.folder / "migrations").symlink_to(elsewhere)
    answer = asked(landed, *command)
    assert answer.code == 2
    assert "theirs" not in answer.stdout.replace(str(elsewhere), "")
    # Who asks for it by an option gets it.
    assert asked(landed, "--migrations", "migrations", "status").code == 0


def test_migrations_folder_that_is_a_link_inside_of_the_project(tmp_path: Path) -> None:
    world, landed = project(tmp_path, "d1")
    os.rename(world.folder / "migrations", world.folder / "sql")
    (world.folder / "migrations").symlink_to("sql")
    assert list(landed("status").standings()) == ["0001_f.sql"]


class TestLock:
    @pytest.mark.parametrize("mode", ["d1", "sqlite"])
    @pytest.mark.parametrize("there", [True, False], ids=["to-a-file", "dangling"])
    @pytest.mark.parametrize("command", [("lock",), ("apply", "--yes")], ids=lambda c: c[0])
    def test_nothing_is_written_through_a_link(
        self, tmp_path: Path, trap: Canary, mode: str, there: bool, command: tuple[str, ...]
    ) -> None:
        world, landed = project(tmp_path, mode)
        landed.plain("apply", "--yes")
        (world.folder / "landed.lock").unlink(missing_ok=True)
        world.write("0002_g.sql", "CREATE TABLE g (a);")
        (world.folder / "landed.lock").symlink_to(trap.secret_file if there else trap.mark)
        answer = asked(landed, *command)
        trap.untouched(answer.stdout, answer.stderr)
        assert answer.code == 2
        assert world.ledger() == ["0001_f.sql"]

    def test_a_hard_link_is_not_written_to(self, tmp_path: Path, trap: Canary) -> None:
        world, landed = project(tmp_path, "d1")
        other = tmp_path / "other.lock"
        other.write_text("landed-lock 1 sha256-normalised\n")
        os.link(other, world.folder / "landed.lock")
        landed.plain("apply", "--yes")
        landed.plain("lock")
        assert other.read_text() == "landed-lock 1 sha256-normalised\n"
        assert "0001_f.sql" in (world.folder / "landed.lock").read_text()

    @pytest.mark.parametrize("place", ["../outside.lock", "{mark}", "link/landed.lock"])
    def test_a_settings_file_does_not_choose_a_place_outside(
        self, tmp_path: Path, trap: Canary, place: str
    ) -> None:
        world, landed = project(tmp_path, "sqlite")
        (world.folder / "link").symlink_to(trap.folder)
        place = place.replace("{mark}", str(trap.mark))
        (world.folder / "landed.toml").write_text(
            f'target = "sqlite:app.db"\nmigrations = "migrations"\nlock = "{place}"\n'
        )
        for command in ("apply", "lock"):
            answer = asked(landed, command, *(["--yes"] if command == "apply" else []))
            trap.untouched(answer.stdout, answer.stderr)
            assert answer.code == 2
        assert not (tmp_path / "outside.lock").exists()
        # A person may.
        landed.env["LANDED_LOCK"] = str(tmp_path / "outside.lock")
        assert asked(landed, "apply", "--yes").code == 0
        assert (tmp_path / "outside.lock").exists()

    def test_planted_temporary_names(self, tmp_path: Path, trap: Canary) -> None:
        path = tmp_path / "landed.lock"
        for number in range(50):
            (tmp_path / f".landed.lock.{os.getpid() + number}.tmp").symlink_to(trap.mark)
        write(path, b"x", "landed.lock")
        trap.untouched()


@pytest.mark.parametrize("key", ["base", "managed"])
@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_a_settings_file_shows_no_file_from_outside(
    tmp_path: Path, trap: Canary, mode: str, key: str
) -> None:
    world, landed = project(tmp_path, mode)
    with open(world.folder / "landed.toml", "a") as settings:
        settings.write(f'[shadow]\n{key} = "{trap.secret_file}"\n')
    for command in COMMANDS[:4]:
        answer = asked(landed, *command)
        trap.untouched(answer.stdout, answer.stderr)
        assert key == "managed" or answer.code == 2


class TestDatabase:
    @pytest.mark.parametrize("mode", ["d1", "sqlite"])
    @pytest.mark.parametrize(
        "command", [("status",), ("apply", "--yes"), ("doctor",), ("verify",)], ids=lambda c: c[0]
    )
    @pytest.mark.parametrize("kind", [fifo, unix_socket, link_to_zero], ids=lambda k: k.__name__)
    def test_what_is_no_file(
        self,
        tmp_path: Path,
        trap: Canary,
        mode: str,
        command: tuple[str, ...],
        kind: Callable[[Path, Canary], None],
    ) -> None:
        world, landed = project(tmp_path, mode)
        world.path.parent.mkdir(parents=True, exist_ok=True)
        kind(world.path, trap)
        assert asked(landed, *command).code in (2, 3)

    @pytest.mark.parametrize("mode", ["d1", "sqlite"])
    @pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
    @pytest.mark.parametrize("kind", [fifo, link_to_secret, "mark"], ids=lambda k: getattr(k, "__name__", k))
    def test_what_lies_beside_it(
        self, tmp_path: Path, trap: Canary, mode: str, suffix: str, kind: Callable[[Path, Canary], None] | str
    ) -> None:
        world, landed = project(tmp_path, mode)
        landed.plain("apply", "--yes")
        world.write("0002_g.sql", "CREATE TABLE g (a);")
        beside = Path(f"{world.path}{suffix}")
        beside.unlink(missing_ok=True)
        if isinstance(kind, str):
            beside.symlink_to(trap.mark)
        else:
            kind(beside, trap)
        for command in (("status",), ("apply", "--yes"), ("doctor",)):
            answer = asked(landed, *command)
            trap.untouched(answer.stdout, answer.stderr)
            assert answer.code in (2, 3)

    @pytest.mark.parametrize("mode", ["d1", "sqlite"])
    @pytest.mark.parametrize("command", [("status",), ("apply", "--yes"), ("doctor",)], ids=lambda c: c[0])
    def test_a_link_of_the_repository_to_another_database(
        self, tmp_path: Path, mode: str, command: tuple[str, ...]
    ) -> None:
        world, landed = project(tmp_path, mode)
        theirs = tmp_path / "theirs.db"
        connection = apsw.Connection(str(theirs))
        connection.execute("CREATE TABLE private_things (a)")
        connection.close()
        before = theirs.read_bytes()
        world.path.parent.mkdir(parents=True, exist_ok=True)
        world.path.symlink_to(theirs)
        answer = asked(landed, *command)
        assert answer.code == 2
        assert "private_things" not in answer.stdout
        assert theirs.read_bytes() == before
        # Who names the file gets it.
        assert (
            asked(landed, "--target", f"sqlite:{world.path}", "--migrations", "migrations", "status").code
            == 0
        )


DEEP = {
    "wrangler.json": '{"d1_databases": ' + "[" * 200_000 + "]" * 200_000 + "}",
    "wrangler.json ": '{"a":' * 200_000 + "1" + "}" * 200_000,
    "landed.toml": "target = " + "[" * 200_000 + "]" * 200_000,
    "landed.toml ": "a = " + "{a = " * 200_000 + "1" + "}" * 200_000,
    "landed.toml  ": ".".join(["a"] * 3_000) + " = 1\n",
    "pyproject.toml": "[tool.landed]\ntarget = " + "[" * 200_000,
    "migrations/meta/_journal.json": "[" * 200_000 + "]" * 200_000,
    "landed.toml   ": "target = " + "9" * 100_000,
    "wrangler.json  ": '{"account_id": ' + "9" * 100_000 + "}",
    "wrangler.json   ": '{"name": "\\ud800"}',
    "wrangler.json    ": '{"d1_databases": [{"binding": "DB", "migrations_dir": "a\\u0000b"}]}',
    ".env": "LANDED_TARGET=sqlite:a\0b\n",
    "wrangler.json     ": '{"d1_databases": [{"binding": "DB", "migrations_pattern": "migrations/' + "{" * 50_000 + '*.sql"}]}',
    "landed.toml    ": 'pattern = "' + "{a,b}" * 80 + '*.sql"',
    "landed.toml     ": 'pattern = "' + "*a" * 20_000 + '"',
}  # fmt: skip


@pytest.mark.parametrize("place", DEEP, ids=lambda p: p.strip() + str(len(p)))
def test_what_nests_or_repeats_without_an_end(tmp_path: Path, trap: Canary, place: str) -> None:
    world, landed = project(tmp_path, "d1")
    path = world.folder / place.strip()
    path.write_text(DEEP[place])
    if path.name == "pyproject.toml":
        (world.folder / "landed.toml").unlink()
    for command in ("status", "doctor"):
        answer = asked(landed, command)
        if path.name != "_journal.json":
            assert answer.code == 2, answer
            assert path.name in answer.stdout or "pattern" in answer.stdout


def test_readers_say_where(tmp_path: Path) -> None:
    with pytest.raises(jsonc.JsoncError):
        jsonc.parse("9" * 100_000)
    with pytest.raises(toml.TomlError):
        toml.parse("a = " + "[" * 100_000)
    with pytest.raises(ConfigError):
        compile_glob("{" * 100_000)


def test_a_file_that_is_larger_than_its_size_says() -> None:
    """What a size says is not believed: /proc has files of no size that hold something."""
    if not Path("/proc/self/maps").exists():
        pytest.skip("no /proc")
    with pytest.raises(ConfigError, match="larger than"):
        read("/proc/self/maps", "maps", most=10)


class TestProjectRoot:
    def test_a_link_to_another_repository_is_no_project_of_its_own(self, tmp_path: Path) -> None:
        mine, theirs = tmp_path / "mine", tmp_path / "theirs"
        for folder in (mine, theirs):
            (folder / ".git").mkdir(parents=True)
        (theirs / "secret.sql").write_text("x")
        (mine / "sub").symlink_to(theirs)
        (mine / "file.sql").symlink_to("sub/secret.sql")
        (theirs / "link.sql").symlink_to("secret.sql")
        with pytest.raises(ConfigError):
            read(mine / "file.sql", "file.sql")
        with pytest.raises(ConfigError):
            read(mine / "sub" / "link.sql", "link.sql")
        assert read(theirs / "link.sql", "link.sql") == b"x"

    def test_without_a_repository_the_configuration_counts(self, tmp_path: Path) -> None:
        (tmp_path / "a" / "m").mkdir(parents=True)
        (tmp_path / "a" / "landed.toml").touch()
        (tmp_path / "a" / "x.sql").write_text("x")
        (tmp_path / "y.sql").write_text("y")
        (tmp_path / "a" / "m" / "x.sql").symlink_to("../x.sql")
        (tmp_path / "a" / "m" / "y.sql").symlink_to("../../y.sql")
        assert read(tmp_path / "a" / "m" / "x.sql", "x") == b"x"
        with pytest.raises(ConfigError, match="leads out of the project"):
            read(tmp_path / "a" / "m" / "y.sql", "y")


SUPABASE = (
    "supabase/config.toml",
    "supabase/migrations/20260101000002_two.sql",
    "supabase/.temp/project-ref",
    "supabase/.temp/pooler-url",
    ".env",
)


@pytest.mark.parametrize("place", SUPABASE)
@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_a_supabase_project_is_read_the_same_way(
    tmp_path: Path, trap: Canary, place: str, kind: Callable[[Path, Canary], None]
) -> None:
    folder = tmp_path / "p"
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / ".temp").mkdir()
    (folder / ".git").mkdir()
    (folder / "supabase" / "config.toml").write_text('project_id = "shop"\n')
    (folder / "supabase" / "migrations" / "20260101000001_one.sql").write_text("create table one (id int);\n")
    (folder / place).unlink(missing_ok=True)
    kind(folder / place, trap)
    landed = Landed(folder, tmp_path / "cache")
    for command in (("--target", "postgresql://u@127.0.0.1:1/x", "status"), ("doctor",)):
        answer = asked(landed, *command)
        trap.untouched(answer.stdout, answer.stderr)
        assert answer.code in (2, 3)
        if kind is not link_to_a_circle and "migrations" in place:
            assert answer.code == 2 or command == ("doctor",)
            assert Path(place).name in answer.stdout
