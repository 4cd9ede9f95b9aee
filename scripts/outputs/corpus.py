"""Real projects on a SQLite file or local D1, whole and with one damage each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import apsw
from book import COMMANDS, Book, Files, Task, databases, environ, play, quoted


def corpus_d1(book: Book, corpus: Path) -> Iterator[Task]:
    """The projects below ``d1``."""
    for project in sorted(corpus.glob("d1/*")):
        if project.is_dir():
            yield f"corpus-d1/{project.name}", partial(_project, book, project)


def migrations_of(project: Path) -> Path:
    """The folder that most of a project's SQL files are in."""
    counts: dict[Path, int] = {}
    for file in project.rglob("*.sql"):
        if file.name != "seed.sql":
            counts[file.parent] = counts.get(file.parent, 0) + 1
    return max(sorted(counts), key=lambda folder: counts[folder])


def _project(book: Book, project: Path) -> None:
    home = book.root / "corpus-d1" / project.name
    folder = home / "p"
    shutil.copytree(project, folder)
    folder_of = migrations_of(folder)
    options: tuple[str, ...] = ("--migrations", str(folder_of.relative_to(folder)))
    if not [*folder.glob("wrangler.*")]:
        options = ("--target", "sqlite:app.db", *options)
    scene = Files(f"{project.name}/new", home, folder, environ(home))
    scene.options = options
    looks = COMMANDS["corpus"]["looks"]
    more = (("rehearse",), ("rehearse", "--all"), ("doctor",))
    play(book, "corpus-d1", scene, [*looks, *more], [("apply", "--yes")])
    book.landed.run(["apply", "--yes", *options], folder, scene.env)
    files = sorted(folder_of.glob("*.sql"))
    for name, damage in DAMAGES.items():
        scene.forget()
        scene = Files(f"{project.name}/{name}", home, folder, scene.env)
        scene.options = options
        if damage(files, databases(folder)):
            play(book, "corpus-d1", scene, looks, [])
        scene.again()


def _sql(database: Sequence[Path], text: str) -> bool:
    for file in database:
        connection = apsw.Connection(str(file))
        try:
            connection.execute(text).fetchall()
        except apsw.Error:
            return False
        finally:
            connection.close()
    return bool(database)


def _ask(database: Sequence[Path], text: str) -> list[Any]:
    connection = apsw.Connection(str(database[0]))
    try:
        return [row[0] for row in connection.execute(text).fetchall()]
    finally:
        connection.close()


def table_dropped(files: list[Path], database: list[Path]) -> bool:
    """The first table of the user's is gone."""
    if not database:
        return False
    tables = _ask(
        database,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE '%migrations%' ORDER BY name",
    )
    return bool(tables) and _sql(database, f"DROP TABLE {quoted(tables[0])}")


def index_dropped(files: list[Path], database: list[Path]) -> bool:
    """The last index, trigger or view is gone."""
    if not database:
        return False
    found = _ask(
        database,
        "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger', 'view') AND sql <> ''"
        " ORDER BY name",
    )
    kind = found and _ask(database, f"SELECT type FROM sqlite_master WHERE name = '{found[-1]}'")[0]
    return bool(found) and _sql(database, f"DROP {kind} {quoted(found[-1])}")


def row_gone(files: list[Path], database: list[Path]) -> bool:
    """The last row of the ledger is missing: its file ran and is not recorded."""
    last = "(SELECT max(id) FROM d1_migrations)"
    return bool(database) and _sql(database, f"DELETE FROM d1_migrations WHERE id = {last}")


def row_made(files: list[Path], database: list[Path]) -> bool:
    """A row for a file that never ran."""
    text = (
        "CREATE TABLE never_made (id INTEGER PRIMARY KEY);\nCREATE INDEX never_made_i ON never_made (id);\n"
    )
    files[0].with_name("9990_never_ran.sql").write_text(text)
    return _sql(database, "INSERT INTO d1_migrations (name) VALUES ('9990_never_ran.sql')")


def file_half(files: list[Path], database: list[Path]) -> bool:
    """The first statement of a file was run by hand."""
    text = "CREATE TABLE half_made (id INTEGER PRIMARY KEY);\nCREATE INDEX half_made_i ON half_made (id);\n"
    files[0].with_name("9991_half.sql").write_text(text)
    return bool(database) and _sql(database, "CREATE TABLE half_made (id INTEGER PRIMARY KEY)")


def file_gone(files: list[Path], database: list[Path]) -> bool:
    """The file in the middle is gone."""
    files[len(files) // 2].unlink()
    return bool(database)


def file_edited(files: list[Path], database: list[Path]) -> bool:
    """The file in the middle has one more statement."""
    file = files[len(files) // 2]
    file.write_text(
        file.read_text("utf-8") + "\nCREATE TABLE added_later (id INTEGER PRIMARY KEY);\n", "utf-8"
    )
    return bool(database)


DAMAGES: dict[str, Callable[[list[Path], list[Path]], bool]] = {
    "applied": lambda files, database: bool(database),
    "table-dropped": table_dropped,
    "index-dropped": index_dropped,
    "row-gone": row_gone,
    "row-made": row_made,
    "file-half": file_half,
    "file-gone": file_gone,
    "file-edited": file_edited,
}
"""What is done to a project's files and its databases; false: it cannot be done there."""
