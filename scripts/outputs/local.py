"""Worlds without a server: those of the documentation, scripts, pairs of schemas."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apsw
from book import COMMANDS, FORMS, Book, Files, Task, environ, play

from support.docs import docsworlds


def local_worlds(book: Book) -> Iterator[Task]:
    """The worlds of the documentation on D1 and SQLite."""
    for name in docsworlds.WORLDS:
        yield f"d1/{name}", partial(_local_world, book, name)


def _local_world(book: Book, name: str) -> None:
    world = docsworlds.build(name, book.root / "d1" / name)
    scene = Files(name, world.home, world.folder, world.env)
    scene.shown = world.shown
    given = COMMANDS["sqlite"]
    looks = [*given["looks"], *given["more"].get(name, ())]
    play(book, "d1", scene, looks, [*given["writes"], *given["more_writes"].get(name, ())])


def scripts(book: Book, cases: Path) -> Iterator[Task]:
    """Shell scripts that build a world and call ``$LANDED`` on the way."""
    for script in sorted(cases.glob("d1/[0-9]*.sh")):
        yield f"cases/{script.stem}", partial(_case, book, script)


def _case(book: Book, script: Path) -> None:
    for form in FORMS:
        work = book.root / "cases" / script.stem
        work.mkdir(parents=True)
        command = f"{book.landed.python} -m landed{' '.join(('', *form))}"
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": book.landed.source,
            "HOME": str(work),
            "LANDED_CACHE_DIR": str(work / "cache"),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "LANDED": command,
            "PY": book.landed.python,
            "WORK": str(work),
        }
        done = subprocess.run(
            ["bash", str(script)],
            check=False,
            env=env,
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        with book.page(f"cases/{script.stem}{'.json' if form else ''}") as page:
            page.note(f"[exit {done.returncode}]\n{done.stdout}")
        shutil.rmtree(work)


def pairs(book: Book, cases: Path | None, own: Path) -> Iterator[Task]:
    """Two schemas and what ``drift`` says of them, SQLite."""
    found: dict[str, tuple[str, str]] = {}
    for folder in sorted(cases.glob("drift/sqlite-*")) if cases else ():
        found[folder.name] = ((folder / "a.sql").read_text(), (folder / "b.sql").read_text())
    for file in sorted(own.glob("drift/*/*.sql")):
        first, _, second = file.read_text("utf-8").partition("\n-- expect")[0].partition("\n-- b")
        found[f"{file.parent.name}-{file.stem}"] = (first, second)
    for name, (a, b) in found.items():
        yield f"drift/{name}", partial(_pair, book, name, a, b)


def _pair(book: Book, name: str, a: str, b: str) -> None:
    folder = book.root / "drift" / name
    folder.mkdir(parents=True)
    for which, text in (("a", a), ("b", b)):
        connection = apsw.Connection(str(folder / f"{which}.db"))
        connection.execute(text).fetchall()
        connection.close()
    with book.page(f"drift/{name}") as page:
        for form in FORMS:
            page.run(["drift", "sqlite:a.db", "sqlite:b.db", *form], folder, environ(folder))
