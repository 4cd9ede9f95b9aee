"""rehearse --with-data: what apply would do, on a copy of the real rows; the original is not touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import apsw
import pytest

from landed.core.applied import Consent
from landed.core.errors import CannotKnow, NeedsConfirmation, NotProven, UsageError
from landed.ops.rehearse_data import rehearse_with_data
from support.process.landed_process import Landed
from support.worlds.world import World

NOTHING = Consent()
FIRST = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, a);\nCREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE);\n"
)
WIPE = (
    "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT);\nINSERT INTO n SELECT * FROM p;\n"
    "DROP TABLE p;\nALTER TABLE n RENAME TO p;\n"
)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a place for copies of the test's own."""
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(copies))
    return copies


def world(tmp_path: Path, mode: str = "d1", rows: int = 3) -> World:
    made = World(tmp_path / "project", {"0001_a.sql": FIRST}, mode=mode)
    made.apply()
    for number in range(rows):
        made.sql(f"INSERT INTO p VALUES ({number}, 'a'); INSERT INTO c VALUES ({number})")
    return made


def fingerprint(path: Path) -> dict[str, tuple[int, bytes]]:
    """Name → time of change and content of the database's files."""
    return {f.name: (f.stat().st_mtime_ns, f.read_bytes()) for f in path.parent.glob(path.name + "*")}


def test_the_files_that_pass_are_proven_with_their_real_rows(tmp_path: Path, own_folders: Path) -> None:
    w = world(tmp_path)
    w.write("0002_b.sql", "CREATE TABLE k AS SELECT id FROM p;")
    w.write("0003_c.sql", "DELETE FROM c WHERE p = 1;")
    before = fingerprint(w.path)
    sizes: list[int] = []
    data = rehearse_with_data(w.examine(), NOTHING, on_copy=lambda size, folder: sizes.append(size))
    assert [(f.item.migration.name, f.outcome) for f in data.files] == [
        ("0002_b.sql", "proven"),
        ("0003_c.sql", "proven"),
    ]
    assert not data.found
    assert [(r.table, r.before, r.after) for f in data.files for r in f.rows] == [("k", None, 3), ("c", 3, 2)]
    assert sizes == [data.size]
    assert data.size > 4096
    assert fingerprint(w.path) == before
    assert list(own_folders.iterdir()) == []
    assert w.standings() == {"0001_a.sql": "ok", "0002_b.sql": "pending", "0003_c.sql": "unknown"}


def test_what_apply_would_refuse_is_refused_here_with_the_same_words(
    tmp_path: Path, own_folders: Path
) -> None:
    w = world(tmp_path, rows=7)
    w.write("0002_b.sql", WIPE)
    w.write("0003_c.sql", "CREATE TABLE later (a);")
    data = rehearse_with_data(w.examine(), NOTHING)
    assert [f.outcome for f in data.files] == ["refused", "not run"]
    assert data.found
    error = data.files[0].error
    assert isinstance(error, NotProven)
    assert "would lose 7 rows of the table c" in error.message
    with pytest.raises(NotProven) as caught:
        w.apply()
    assert caught.value.message == error.message
    assert list(own_folders.iterdir()) == []


def test_a_loss_can_be_allowed_as_for_apply(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.write("0002_b.sql", "DROP TABLE c;")
    (refused,) = rehearse_with_data(w.examine(), NOTHING).files
    assert isinstance(refused.error, NeedsConfirmation)
    (proven,) = rehearse_with_data(w.examine(), Consent(frozenset({"drop-table:c"}))).files
    assert (proven.outcome, [(r.table, r.before, r.after) for r in proven.rows]) == (
        "proven",
        [("c", 3, None)],
    )


def test_rows_that_are_still_in_the_wal_are_copied(tmp_path: Path) -> None:
    w = world(tmp_path, rows=1)
    w.write("0002_b.sql", "CREATE TABLE k AS SELECT * FROM p;")
    holding = apsw.Connection(str(w.path))
    holding.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    holding.execute("INSERT INTO p VALUES (77, 'in the wal')").fetchall()
    try:
        assert (w.path.with_name(w.path.name + "-wal")).stat().st_size > 0
        (file,) = rehearse_with_data(w.examine(), NOTHING).files
    finally:
        holding.close()
    assert [(r.table, r.after) for r in file.rows] == [("k", 2)]


def test_what_apply_would_not_start_with_is_said(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.write("0002_b.sql", "CREATE TABLE x (a);")
    w.apply()
    w.sql("DROP TABLE x")
    w.write("0003_c.sql", "CREATE TABLE y (a);")
    data = rehearse_with_data(w.examine(), NOTHING)
    assert data.found
    assert data.refusal is not None
    assert "phantom" in data.refusal.message


def test_without_a_database_there_is_nothing_to_copy(tmp_path: Path) -> None:
    w = World(tmp_path / "project", {"0001_a.sql": FIRST})
    with pytest.raises(UsageError, match="does not exist yet"):
        rehearse_with_data(w.examine(), NOTHING)


def test_no_room_is_said_before_anything_is_written(
    tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = world(tmp_path)
    w.write("0002_b.sql", "CREATE TABLE k (a);")
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(CannotKnow, match="100"):
        rehearse_with_data(w.examine(), NOTHING)
    assert list(own_folders.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_copy_is_gone_when_the_process_is_told_to_end(tmp_path: Path, own_folders: Path) -> None:
    w = world(tmp_path)
    endless = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 40000000)"
    w.write(
        "0002_b.sql", f"CREATE TABLE k (n);\nINSERT INTO k {endless} SELECT max(n) FROM r, p WHERE p.id = 2;"
    )
    runner = Landed(w.folder, tmp_path / "cache", TMPDIR=str(own_folders), PYTHONUNBUFFERED="1")
    process = runner.popen("rehearse", "--with-data")
    assert process.stderr is not None
    assert "copied" in process.stderr.readline()
    assert len(list(own_folders.iterdir())) == 1
    time.sleep(0.5)  # most likely the statement runs by now; the outcome must be the same if it does not
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert list(own_folders.iterdir()) == []


def test_the_command_says_it_in_text_and_json(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.write("0002_b.sql", WIPE)
    landed = Landed(w.folder, tmp_path / "cache")
    body = landed("rehearse", "--with-data", code=1).body
    assert list(body)[:2] == ["schema", "command"]
    assert [f["name"] for f in body["files"]] == ["0001_a.sql", "0002_b.sql"]
    assert body["files"][1]["rows_lost"][0]["table"] == "c"
    (file,) = body["with_data"]["files"]
    assert (file["outcome"], file["error"]["kind"]) == ("refused", "NotProven")
    text = landed.plain("rehearse", "--with-data", code=1).stdout
    assert "ROWS LOST  migrations/0002_b.sql:3, statement 3 of 4" in text
    assert "all rows of table c are lost: ON DELETE CASCADE of c(p) to p" in text
    assert "apply would roll it back" in text
    assert landed.plain("rehearse", "--allow", "lose-rows:c", code=2).stderr
    assert json.loads(landed.plain("--json", "rehearse", code=1).stdout)["with_data"] is None


def test_a_folder_with_files_is_enough(tmp_path: Path) -> None:
    folder = tmp_path / "only"
    (folder / "sql").mkdir(parents=True)
    (folder / "sql" / "0001_a.sql").write_text(FIRST)
    landed = Landed(folder, tmp_path / "cache")
    body = landed("rehearse", "--migrations", "sql").body
    assert (body["mode"], len(body["files"]), body["counts"]["with_findings"]) == ("d1", 1, 0)
    done = subprocess.run(["ls", "-A", str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sql"]
