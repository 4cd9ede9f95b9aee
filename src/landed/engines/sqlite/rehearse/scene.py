"""A file and the shadow with rows that it is rehearsed on, made the same every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import apsw

from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.clock import Clock, Place
from landed.engines.sqlite.catalog.facts import SchemaRow
from landed.engines.sqlite.rowguard import Reference
from landed.engines.sqlite.shadow.bounded import stretch
from landed.engines.sqlite.shadow.sandbox import Sandbox, open_sandbox, unrestricted
from landed.engines.sqlite.shadow.seed import SeedReport, seed
from landed.engines.sqlite.sql.tokens import fold, quote

_NUMERIC = re.compile(r"INT|REAL|FLOA|DOUB|NUM|DEC|BOOL|DATE|TIME", re.IGNORECASE)

_TEXT = re.compile(r"CHAR|CLOB|TEXT", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scene:
    """A file and the shadow before it: ``image`` holds the database, ``tables`` are to get a row each.

    ``watched`` are those of them whose rows the file can reach; the others are their parents.
    ``step`` is what the file did without rows; ``references`` are the foreign keys before it.
    """

    mode: str
    image: bytes
    migration: Migration
    step: Step
    facts: Mapping[FactKey, str]
    references: tuple[Reference, ...]
    watched: tuple[str, ...]
    tables: tuple[str, ...]
    clock: Clock


def with_rows(scene: Scene, without: frozenset[str]) -> tuple[Sandbox, SeedReport]:
    """The shadow before the file, with rows in all its tables but those ``without``."""
    box = open_sandbox(scene.mode, scene.image, limits=scene.clock.limits)
    connection = box.connection
    wanted = {fold(t) for t in scene.tables} - without
    # What the schema computes (a trigger, a default, a CHECK) runs here, too.
    with stretch(connection, scene.clock, rows_of(scene)), unrestricted(connection):
        rows = [
            SchemaRow(*row)
            for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
            if fold(str(row[1])) in wanted
        ]
        connection.execute("BEGIN")
        report = seed(connection, rows)
        _make_tellable(connection, scene.step)
        connection.execute("COMMIT")
    return box, report


def rows_of(scene: Scene) -> Callable[[], Place]:
    """The place of whatever runs beside the file's own statements, for a limit that is reached."""
    return lambda: (f"The rehearsal of {scene.migration.name} with rows", "", scene.migration.file)


def reopen(scene: Scene, without: frozenset[str]) -> apsw.Connection:
    """The seeded shadow as it was before the file: the same rows every time."""
    return with_rows(scene, without)[0].connection


def _make_tellable(connection: apsw.Connection, step: Step) -> None:
    """Put ``'007'`` where text is to become a number: there a copy loses what the type cannot hold."""
    for key, (before, after, _) in step.net.items():
        if key.kind != "column" or key.prop != "type" or before is None or after is None:
            continue
        if not ((_TEXT.search(before) or not before) and _NUMERIC.search(after) and not _TEXT.search(after)):
            continue
        try:
            with connection:
                connection.execute(f"UPDATE {quote(key.parent)} SET {quote(key.name)} = '007'").fetchall()
        except apsw.Error:
            continue
