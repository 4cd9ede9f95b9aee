"""Worlds on a remote D1 database: a stand-in of Cloudflare's API over the real engine."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import apsw
from book import COMMANDS, FORMS, Book, Scene, Task, databases, play, quoted

from support.docs import docsworlds
from support.servers.d1_standin import StandIn


class Remote(Scene):
    """A world of which the database is the stand-in's; restored from a copy of the file after each write."""

    def __init__(self, name: str, world: Any, standin: StandIn) -> None:
        super().__init__(name, world.folder, {**world.env, **standin.environ()})
        self.shown = {**world.shown, standin.url: "https://api"}
        self.options = ("--target", "d1:remote/DB")
        self._home, self._standin = world.home, standin
        self._text = _dump(databases(world.folder))
        shutil.copytree(world.home, world.home.with_name(world.home.name + ".kept"), symlinks=True)
        self.again()

    def again(self) -> None:
        shutil.rmtree(self._home)
        shutil.copytree(self._home.with_name(self._home.name + ".kept"), self._home, symlinks=True)
        self._standin.database.wipe()
        for text in self._text:
            self._standin.database.query([{"sql": "PRAGMA defer_foreign_keys=on"}, {"sql": text}])
        self._standin.inject()

    def state(self) -> str:
        asked = [f"  {action}" for action in self._standin.actions("landed")]
        return "\n".join([*asked, *self._standin.ledger()])


def _dump(files: Sequence[Path]) -> list[str]:
    found: list[str] = []
    for file in files:
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        for row in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY type <> 'table', rowid"
        ).fetchall():
            name, sql = str(row[0]), str(row[1])
            found.append(sql)
            if sql.upper().startswith("CREATE TABLE"):
                for values in connection.execute(f"SELECT * FROM {quoted(name)}").fetchall():
                    listed = ", ".join(apsw.format_sql_value(value) for value in values)
                    found.append(f"INSERT INTO {quoted(name)} VALUES ({listed})")
        connection.close()
    return found


@contextlib.contextmanager
def remote_worlds(book: Book) -> Iterator[list[Task]]:
    """Worlds of the documentation, all on one stand-in: to be played one after the other."""
    top = book.root / "remote"
    names = [name for name, _ in book.chosen((f"remote/{n}", _nothing) for n in COMMANDS["remote"]["worlds"])]
    if not names:
        yield []
        return
    with StandIn(top / "standin", "shop", "11111111-2222-3333-4444-555555555555", keep=False) as standin:
        yield [(name, partial(_play, book, name.partition("/")[2], standin)) for name in names]


def _nothing() -> None:
    """What is not asked for yet."""


def _play(book: Book, name: str, standin: StandIn) -> None:
    scene = Remote(name, docsworlds.build(name, book.root / "remote" / name), standin)
    given = COMMANDS["sqlite"]
    writes = [*given["writes"], *given["more_writes"].get(name, ())]
    play(book, "remote", scene, COMMANDS["remote"]["looks"], writes)
    if name == "pending":
        _undo(book, scene)


def _undo(book: Book, scene: Remote) -> None:
    with book.page(f"remote/{scene.name}/undo") as page:
        for form in FORMS:
            for command, quiet in (
                (("apply", "--yes"), True),
                (("undo", "--dry-run"), False),
                (("undo", "--yes"), False),
                (("undo", "--yes", "--allow", "restore:shop"), False),
            ):
                words = [*command, *form, *scene.options]
                page.run(words, scene.folder, scene.env, scene.shown, quiet=quiet)
            page.note(scene.state(), scene.shown)
            scene.again()
