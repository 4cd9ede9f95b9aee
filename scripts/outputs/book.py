"""Where outputs are written, without what differs from run to run, and how a world is played through."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw
from runs import Landed

Commands = Sequence[Sequence[str]]
COMMANDS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("commands.toml").read_text(encoding="utf-8")
)
Task = tuple[str, Callable[[], None]]
"""A world by its group and name, and what runs its commands."""
FORMS: tuple[tuple[str, ...], ...] = ((), ("--json",))

_SHOWN = (
    (re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b"), r"\1…"),
    (re.compile(r'("(?:seconds|duration|elapsed|ms|milliseconds)": )[0-9.e+-]+'), r"\1SECONDS"),
    (re.compile(r"\b(pid |process )\d+"), r"\1PID"),
    (re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?"), "MOMENT"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|seconds|milliseconds)\b"), r"SECONDS \2"),
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"\blanded_[0-9a-z]+_[0-9a-f]{6,}\b|\blanded_shadow_\w+"), "SCRATCH"),
    (re.compile(r"\b0000[0-9a-f]{4}-00000000-000050ad-[0-9a-f]{32}\b"), "BOOKMARK"),
    (re.compile(r"/tmp/landed-[\w-]+"), "/tmp/landed-…"),
)


class Book:
    """Where the outputs of one run go; ``root`` is for the worlds, ``shown`` what texts are written as."""

    def __init__(self, landed: Landed, out: Path, shown: Mapping[str, str], root: Path, only: str) -> None:
        self.landed, self.out, self.root, self.shown = landed, out, root, shown
        self._only = re.compile(only)
        self.runs = 0

    def chosen(self, tasks: Iterable[Task]) -> list[Task]:
        """The worlds that are wanted."""
        return [task for task in tasks if self._only.search(task[0])]

    def normal(self, text: str, more: Mapping[str, str]) -> str:
        """A text without what differs from run to run."""
        for found, shown in {**more, **self.shown}.items():
            if found:
                text = text.replace(found, shown)
        for pattern, shown in _SHOWN:
            text = pattern.sub(shown, text)
        return text

    def page(self, place: str) -> Page:
        """A new page: ``group/world/command``."""
        return Page(self, place)


class Page:
    """The file of one (world, command): runs are appended to it, and written when it ends."""

    def __init__(self, book: Book, place: str) -> None:
        self.book, self.place = book, place
        self.parts: list[str] = []

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *error: object) -> None:
        file = self.book.out / f"{self.place}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(self.parts) + "\n", "utf-8")

    def run(
        self,
        args: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        more: Mapping[str, str] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        """Run landed, and write down what it printed unless it is to be ``quiet``."""
        code, out, err = self.book.landed.run(args, cwd, env)
        self.book.runs += 1
        if quiet:
            return
        shown = more or {}
        head = self.book.normal(f"$ landed {shlex.join(args)}", shown)
        self.parts.append(f"{head}\n[exit {code}]")
        for name, text in (("stdout", out), ("stderr", err)):
            if text:
                self.parts.append(f"[{name}]\n{self.book.normal(text, shown).rstrip()}")
        self.parts.append("")

    def note(self, text: str, more: Mapping[str, str] | None = None) -> None:
        """Something else that was seen."""
        self.parts.append(self.book.normal(text, more or {}))


def slug(args: Sequence[str]) -> str:
    """A file's name for a command."""
    return re.sub(r"[^\w.=-]+", "_", " ".join(args))[:70].strip("_") or "landed"


class Scene:
    """One world: where its commands run, and how it is brought back after one that wrote."""

    def __init__(self, name: str, folder: Path, env: Mapping[str, str]) -> None:
        self.name, self.folder, self.env = name, folder, dict(env)
        self.shown: dict[str, str] = {}
        self.options: tuple[str, ...] = ()

    def again(self) -> None:
        """As it was at first."""

    def state(self) -> str:
        """What is in the database, for the page of a command that writes."""
        return ""


class Files(Scene):
    """A world that is all files; it is kept as a copy."""

    def __init__(self, name: str, home: Path, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__(name, folder, env)
        self._home, self._kept = home, home.with_name(home.name + ".kept")
        shutil.copytree(home, self._kept, symlinks=True)

    def forget(self) -> None:
        """The copy is not needed any more."""
        shutil.rmtree(self._kept)

    def again(self) -> None:
        shutil.rmtree(self._home)
        shutil.copytree(self._kept, self._home, symlinks=True)

    def state(self) -> str:
        return "\n".join(rows_of(file) for file in databases(self.folder))


def databases(folder: Path) -> list[Path]:
    """The SQLite files of a project."""
    found = [*folder.rglob("*.sqlite"), *folder.rglob("*.db")]
    return sorted(f for f in found if f.name != "metadata.sqlite" and "cache" not in f.parts)


def rows_of(file: Path) -> str:
    """Objects, and how many rows every table has."""
    try:
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        lines = []
        for kind, name in connection.execute("SELECT type, name FROM sqlite_master ORDER BY 1, 2").fetchall():
            count: Any = ""
            if kind == "table":
                with contextlib.suppress(apsw.Error):
                    count = connection.execute(f"SELECT count(*) FROM {quoted(str(name))}").get
            lines.append(f"  {kind} {name} {count}".rstrip())
        return "\n".join(lines)
    except apsw.Error as error:
        return f"  {error}"


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def play(book: Book, group: str, scene: Scene, looks: Commands, writes: Commands) -> None:
    """Every command on one world, as text and as JSON."""
    for command in looks:
        with book.page(f"{group}/{scene.name}/{slug(command)}") as page:
            for form in FORMS:
                page.run([*command, *form, *scene.options], scene.folder, scene.env, scene.shown)
    for command in writes:
        with book.page(f"{group}/{scene.name}/{slug(command)}") as page:
            for form in FORMS:
                page.run([*command, *form, *scene.options], scene.folder, scene.env, scene.shown)
                page.note(scene.state(), scene.shown)
                page.run(["status", *scene.options], scene.folder, scene.env, scene.shown, quiet=bool(form))
                scene.again()


def environ(home: Path, **more: str) -> dict[str, str]:
    """What a command gets to see."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANDED_CACHE_DIR": str(home / "cache"),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(home),
        **more,
    }
