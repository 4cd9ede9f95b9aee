"""doctor's look at the database itself: its file, its health, its rules, its ledger. Reads only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import apsw

from landed.core.check import Check, Level, guarded
from landed.core.describe import size
from landed.core.next import APPLY, STATUS, Next, program, several
from landed.engines.sqlite.holders import holders
from landed.engines.sqlite.references import broken_references, mismatches
from landed.engines.sqlite.shadow.sandbox import restrict
from landed.engines.sqlite.sql.tokens import quote
from landed.engines.sqlite.target import SqliteTarget
from landed.project.inside import check_database
from landed.project.provenance import Value
from landed.project.target_spec import TargetSpec

CHECKED_BYTES = 1 << 30
"""Above this size the integrity check, which reads every page, is left to the user."""

_ODD_NAME = re.compile(r"\\|^/|^\./|^[A-Za-z]:|^\s|\s$")
_MOST = 5


def examine(spec: TargetSpec, persist_to: Value[str] | None) -> list[Check]:
    """Everything about a local database file; nothing for a target that is no file."""
    path = spec.path
    if path is None or spec.unsupported:
        return []
    checks = guarded("database", "file", "file", lambda: _file(path, spec), apsw.Error)
    checks += guarded("database", "inside", "inside", lambda: _inside(spec, persist_to), apsw.Error)
    named = Check("ledger", "table", "table", spec.ledger_table.value, spec.ledger_table.origin)
    if not path.is_file() or path.stat().st_size == 0 or any(c.level is Level.ERROR for c in checks):
        return [*checks, named]
    target = SqliteTarget(path, spec.mode, spec.ledger_table.value)
    reading = guarded("database", "readable", "readable", lambda: _format(target), apsw.Error)
    checks += reading
    if any(check.level is Level.ERROR for check in reading):
        return [*checks, named]
    checks += guarded("database", "integrity", "integrity", lambda: _integrity(target), apsw.Error)
    checks += guarded("database", "foreign-keys", "foreign keys", lambda: _foreign_keys(target), apsw.Error)
    checks += guarded("ledger", "ledger", "ledger", lambda: _ledger(target, spec), apsw.Error)
    return checks


def _inside(spec: TargetSpec, persist_to: Value[str] | None) -> Iterator[Check]:
    check_database(spec, persist_to)
    yield from ()


def _file(path: Path, spec: TargetSpec) -> Iterator[Check]:
    if not path.exists():
        makes = (
            Next(APPLY.afterwards(), " creates it as wrangler would")
            if spec.kind == "d1:local"
            else "check the path"
        )
        yield Check(
            "database", "file", "file", str(path), None, Level.WARNING, "it does not exist yet", makes
        )
        return
    if not path.is_file():
        yield Check(
            "database", "file", "file", str(path), None, Level.ERROR, "it is not a file", None, 3
        )  # fmt: skip
        return
    wal = path.with_name(path.name + "-wal")
    parts = [size(path.stat().st_size)]
    if wal.exists() and wal.stat().st_size:
        parts.append(f"{size(wal.stat().st_size)} of it still in the -wal file")
    empty = path.stat().st_size == 0 and not wal.exists()
    yield Check(
        "database", "file", "file", f"{path} ({', '.join(parts)})", None,
        Level.WARNING if empty else Level.GOOD, "it is empty" if empty else None,
    )  # fmt: skip
    if not os.access(path, os.R_OK):
        yield Check(
            "database", "rights", "rights", "not readable", None, Level.ERROR,
            "you may not read the file", f"change its owner or rights: ls -l {path}", 3,
        )  # fmt: skip
        return
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        yield Check(
            "database", "rights", "rights", "read-only", None, Level.WARNING,
            "you may not write to the file or its folder: status works, apply will not",
            f"change owner or rights: ls -ld {path.parent} {path}",
        )  # fmt: skip
    held = holders(path)
    if held:
        yield Check(
            "database", "holders", "held by", ", ".join(held), None, Level.NOTE,
            "reading works meanwhile; writing waits a few seconds for it",
        )  # fmt: skip


def _format(target: SqliteTarget) -> Iterator[Check]:
    with target.reading() as connection:
        tables = connection.execute(
            "SELECT count(*) FROM sqlite_master "
            "WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 4) <> '_cf_'"
        ).get
        journal, page, encoding = (
            connection.pragma(name) for name in ("journal_mode", "page_size", "encoding")
        )
    if _in_wal(target.path):
        journal = "wal"
    yield Check(
        "database",
        "format",
        "format",
        f"{tables} tables, journal {journal}, pages of {page} bytes, {encoding}",
    )
    if encoding != "UTF-8" and target.mode == "d1":
        yield Check(
            "database", "encoding", "encoding", str(encoding), None, Level.WARNING, "D1 uses UTF-8 only"
        )


def _integrity(target: SqliteTarget) -> Iterator[Check]:
    length = target.path.stat().st_size
    if length > CHECKED_BYTES:
        yield Check(
            "database", "integrity", "integrity", "not checked", None, Level.NOTE,
            f"the file has {size(length)}, and a check reads all of it",
            program("sqlite3", "-readonly", str(target.path), "PRAGMA quick_check"),
        )  # fmt: skip
        return
    with target.reading() as connection:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({_MOST})")]
    if found == ["ok"]:
        yield Check("database", "integrity", "integrity", "quick_check finds nothing wrong")
    else:
        yield Check(
            "database", "integrity", "integrity", "damaged", None, Level.ERROR, several(found),
            "restore the file from a copy, or salvage it with: sqlite3 FILE .recover", 3,
        )  # fmt: skip


def _foreign_keys(target: SqliteTarget) -> Iterator[Check]:
    with target.reading() as connection:
        broken: dict[tuple[str, str], int] = {}
        for child, _, parent, _ in broken_references(connection):
            broken[str(child), str(parent)] = broken.get((str(child), str(parent)), 0) + 1
        unchecked = [str(found) for found in mismatches(connection)]
        restrict(connection, target.mode)
        on = connection.execute("PRAGMA foreign_keys").get == 1
    if target.mode == "d1":
        yield Check(
            "database", "enforced", "foreign keys", "enforced" if on else "not enforced", "measured",
            Level.GOOD if on else Level.WARNING,
            None if on else "D1 enforces them, this connection does not",
        )  # fmt: skip
    else:
        yield Check(
            "database", "enforced", "foreign keys", "enforced" if on else "not enforced", "measured",
            Level.GOOD if on else Level.NOTE,
            None if on else "SQLite's default: each program has to set PRAGMA foreign_keys = on for itself",
        )  # fmt: skip
    if broken:
        lines = [
            f"{child}: {n} rows refer to missing rows of {parent}" for (child, parent), n in broken.items()
        ]
        yield Check(
            "database", "references", "references", f"{sum(broken.values())} broken", "measured",
            Level.WARNING, several(lines[:_MOST]),
            "add the missing rows, or remove the ones that refer to them",
        )  # fmt: skip
    if unchecked:
        yield Check(
            "database", "keys", "references", f"{len(unchecked)} to columns that are no key", "measured",
            Level.WARNING, several(unchecked[:_MOST]),
            "CREATE UNIQUE INDEX on exactly those columns of the parent: until then rows of such tables can "
            "be neither inserted nor deleted (foreign key mismatch)",
        )  # fmt: skip


def _ledger(target: SqliteTarget, spec: TargetSpec) -> Iterator[Check]:
    name, origin = spec.ledger_table
    with target.reading() as connection:
        row = connection.execute(
            "SELECT type, name FROM sqlite_master "
            "WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
            (name,),
        ).fetchone()
        if row is None:
            yield Check(
                "ledger", "table", "table", f"{name} (not there yet)", origin, Level.NOTE,
                "nothing is recorded in this database", Next(STATUS, " shows what is there all the same"),
            )  # fmt: skip
            yield from _similar(connection)
            return
        if row[0] == "view":
            yield Check(
                "ledger", "table", "table", name, origin, Level.ERROR,
                f"{name} is a view: neither wrangler nor landed can record anything there",
                "set migrations_table to another name", 2,
            )  # fmt: skip
            return
        table = str(row[1])
        columns = [str(c[1]) for c in connection.execute(f"PRAGMA table_xinfo({quote(table)})")]
        if "name" not in columns:
            yield Check(
                "ledger", "table", "table", name, origin, Level.ERROR,
                f"it has no column name (it has: {', '.join(columns)}), so it is no history of wrangler's",
                "set migrations_table to another name", 2,
            )  # fmt: skip
            return
        names = [str(n) for (n,) in connection.execute(f"SELECT name FROM {quote(table)}") if n is not None]
        nulls = connection.execute(f"SELECT count(*) FROM {quote(table)} WHERE name IS NULL").get
        unique = _unique(connection, table)
    yield Check("ledger", "table", "table", f"{table}, {len(names)} rows", origin)
    yield from _shape(columns, unique)
    yield from _names(names, int(nulls))


def _shape(columns: list[str], unique: bool) -> Iterator[Check]:
    missing = [c for c in ("id", "applied_at") if c not in columns]
    more = [c for c in columns if c not in ("id", "name", "applied_at")]
    if missing:
        yield Check(
            "ledger", "columns", "columns", ", ".join(columns), None, Level.WARNING,
            f"wrangler's table has also: {', '.join(missing)}; wrangler may refuse to list or apply",
        )  # fmt: skip
    if more:
        yield Check(
            "ledger", "more-columns", "more columns", ", ".join(more), None, Level.NOTE,
            "wrangler knows nothing of them and leaves them alone",
        )  # fmt: skip
    if not unique:
        yield Check(
            "ledger", "unique", "unique names", "no", None, Level.WARNING,
            "the column name has no UNIQUE constraint: two runners at once can record a file twice",
        )  # fmt: skip


def _names(names: list[str], nulls: int) -> Iterator[Check]:
    twice = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) != len(names) else []
    if twice:
        yield Check(
            "ledger", "duplicates", "recorded twice", ", ".join(twice[:_MOST]), None, Level.WARNING,
            "a migration is recorded more than once", STATUS,
        )  # fmt: skip
    odd = [n for n in names if _ODD_NAME.search(n) or not n.endswith(".sql")]
    if odd or nulls:
        shown = [repr(n) for n in odd[:_MOST]] + ([f"{nulls} without a name"] if nulls else [])
        yield Check(
            "ledger", "odd-names", "odd names", ", ".join(shown), None, Level.WARNING,
            "wrangler records a file's path below migrations_dir, with /; these rows match no file",
            STATUS,
        )  # fmt: skip


def _similar(connection: apsw.Connection) -> Iterator[Check]:
    """Other tables that look like a history: a sign that migrations_table is set wrongly."""
    found = []
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if "migration" in str(name).lower():
            found.append(str(name))
    if found:
        yield Check(
            "ledger", "similar", "similar tables", ", ".join(found[:_MOST]), None, Level.WARNING,
            "the history may be in one of these", "set migrations_table in the wrangler configuration",
        )  # fmt: skip


def _unique(connection: apsw.Connection, table: str) -> bool:
    for row in connection.execute(f"PRAGMA index_list({quote(table)})").fetchall():
        if row[2] and not row[4]:
            members = [m[2] for m in connection.execute(f"PRAGMA index_info({quote(str(row[1]))})")]
            if members == ["name"]:
                return True
    return any(
        row[1] == "name" and row[5] == 1
        for row in connection.execute(f"PRAGMA table_xinfo({quote(table)})").fetchall()
    )


def _in_wal(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(20)[18:20] == b"\2\2"
