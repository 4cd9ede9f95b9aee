"""A table that a file makes anew keeps what it had, or what it lacks is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from landed.core.errors import NeedsConfirmation
from landed.ops.rehearse import rehearse
from support.worlds.world import World

T = """
CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT, kind TEXT DEFAULT 'x', n INTEGER UNIQUE);
CREATE UNIQUE INDEX t_mail ON t (mail);
CREATE INDEX t_kind ON t (kind) WHERE n > 0;
CREATE TABLE log (id INTEGER PRIMARY KEY, t INTEGER);
CREATE TRIGGER t_new AFTER INSERT ON t BEGIN INSERT INTO log (t) VALUES (NEW.id); END;
"""
ROWS = "INSERT INTO t (mail, n) VALUES ('a', 1), ('b', 2); DELETE FROM log;"
COLUMNS = {
    "id": "id INTEGER PRIMARY KEY AUTOINCREMENT", "mail": "mail TEXT", "kind": "kind TEXT DEFAULT 'x'",
    "n": "n INTEGER UNIQUE",
}  # fmt: skip
MAIL = "CREATE UNIQUE INDEX t_mail ON t (mail);"
KIND = "CREATE INDEX t_kind ON t (kind) WHERE n > 0;"
NEW = "CREATE TRIGGER t_new AFTER INSERT ON t BEGIN INSERT INTO log (t) VALUES (NEW.id); END;"
ALL = MAIL + KIND + NEW


def rebuild(after: str = ALL, before: str = "", **columns: str) -> str:
    """A file that makes ``t`` anew, with other definitions of some columns."""
    body = ", ".join((COLUMNS | columns).values())
    return (
        f"{before}CREATE TABLE t2 ({body});\nINSERT INTO t2 SELECT * FROM t;\nDROP TABLE t;\n"
        f"ALTER TABLE t2 RENAME TO t;\n{after}"
    )


LACKS = {
    "an index": (rebuild(MAIL + NEW), {"drop-index:t_kind"}),
    "a unique index": (rebuild(KIND + NEW), {"drop-index:t_mail"}),
    "uniqueness that the new index has not": (
        rebuild("CREATE INDEX t_mail_2 ON t (mail);" + KIND + NEW),
        {"drop-index:t_mail"},
    ),
    "a trigger": (rebuild(MAIL + KIND), {"drop-trigger:t_new"}),
    "all of them": (rebuild(""), {"drop-index:t_kind", "drop-index:t_mail", "drop-trigger:t_new"}),
    "a default": (rebuild(kind="kind TEXT"), {"drop-default:t.kind"}),
    "a unique column": (rebuild(n="n INTEGER"), {"drop-unique:t.(n)"}),
    "AUTOINCREMENT": (rebuild(id="id INTEGER PRIMARY KEY"), {"drop-autoincrement:t"}),
    "renamed away first": (
        "ALTER TABLE t RENAME TO old; CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT, "
        "kind TEXT DEFAULT 'x', n INTEGER UNIQUE); INSERT INTO t SELECT * FROM old; DROP TABLE old;" + MAIL,
        {"drop-index:t_kind", "drop-trigger:t_new"},
    ),
}
KEEPS = {
    "all": rebuild(),
    "under another name": rebuild("CREATE UNIQUE INDEX u ON t (mail);" + KIND + NEW.replace("t_new", "tn")),
    "uniqueness by a constraint": rebuild(KIND + NEW, mail="mail TEXT UNIQUE"),
    "uniqueness by an index": rebuild("CREATE UNIQUE INDEX un ON t (n);" + ALL, n="n INTEGER"),
    "another default": rebuild(kind="kind TEXT DEFAULT 'y'"),
    "what the file drops by name": rebuild(
        MAIL, before="DROP TRIGGER t_new; DROP INDEX IF EXISTS main.t_kind;"
    ),
    "a rename": "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN mail TO email;",
}


def _world(folder: Path, second: str) -> World:
    world = World(folder / "p", {"0001_a.sql": T})
    world.apply()
    world.sql(ROWS)
    world.write("0002_b.sql", second)
    return world


@pytest.mark.parametrize("name", list(LACKS))
def test_what_is_lacking_is_named_one_by_one(tmp_path: Path, name: str) -> None:
    sql, wanted = LACKS[name]
    world = _world(tmp_path, sql)
    with pytest.raises(NeedsConfirmation, match="makes the table t anew without") as caught:
        world.apply()
    assert set(re.findall(r"--allow '([^']*)'", caught.value.next or "")) == wanted
    assert world.sql("SELECT count(*) FROM sqlite_master WHERE name IN ('t_mail', 't_kind', 't_new')") == [
        (3,)
    ]
    notes = rehearse(world.workspace()).files[1].notes
    assert {loss for note in notes for loss in re.findall(r"\((drop-.*)\)$", note)} == wanted
    assert world.apply(*wanted) == ["0002_b.sql"]


@pytest.mark.parametrize("name", list(KEEPS))
def test_what_is_carried_over_needs_no_word(tmp_path: Path, name: str) -> None:
    assert _world(tmp_path, KEEPS[name]).apply() == ["0002_b.sql"]


def test_numbers_that_were_given_are_not_given_again(tmp_path: Path) -> None:
    world = _world(tmp_path, rebuild())
    world.sql("DELETE FROM t WHERE mail = 'b'")
    with pytest.raises(NeedsConfirmation, match=r"position of AUTOINCREMENT \(2\)"):
        world.apply()
    carried = "UPDATE sqlite_sequence SET seq = 2 WHERE name = 't';"
    world.write("0002_b.sql", rebuild(ALL + carried))
    assert world.apply() == ["0002_b.sql"]
    assert world.sql("INSERT INTO t (mail) VALUES ('c') RETURNING id") == [(3,)]


def test_what_the_same_run_made_may_go(tmp_path: Path) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": T, "0002_b.sql": rebuild("", kind="kind TEXT")})
    assert world.apply() == ["0001_a.sql", "0002_b.sql"]


def test_a_table_that_is_not_made_again_is_named_as_a_whole(tmp_path: Path) -> None:
    world = _world(tmp_path, "DROP TABLE t;")
    with pytest.raises(NeedsConfirmation) as caught:
        world.apply()
    assert re.findall(r"--allow '([^']*)'", caught.value.next or "") == ["drop-table:t"]
    assert world.apply("drop-table:t") == ["0002_b.sql"]
